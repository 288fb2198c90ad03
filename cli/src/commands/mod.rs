//! From arguments to what is done, and from what happened to an exit code.

mod doctor;
mod domain;
mod openapi;
mod operate;
mod rebuild;
mod serve;
mod tending;
mod upgrade;

use std::process::ExitCode;

use freehold_config::{Config, DEFAULTS, Sources};
use freehold_db::Migration;

use crate::arguments::{Arguments, Command, Config as ConfigCommand, Control, ControlArguments};

/// It did not work.
const FAILED: u8 = 1;
/// The command or the configuration is wrong.
const WRONG: u8 = 2;

/// Runs a command to its end.
pub(crate) fn dispatch(arguments: Arguments, tenant_migrations: &'static [Migration]) -> ExitCode {
    let (config, token) = match load(&arguments) {
        Ok(loaded) => loaded,
        Err(problems) => {
            for problem in problems {
                eprintln!("configuration: {problem}");
            }
            return ExitCode::from(WRONG);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("the runtime cannot start: {error}");
            return ExitCode::from(FAILED);
        }
    };
    match runtime.block_on(perform(arguments, config, token, tenant_migrations)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("freehold: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}

/// Reads every layer of the configuration, and a token from the environment.
fn load(arguments: &Arguments) -> Result<(Config, Option<String>), Vec<String>> {
    let join = match &arguments.command {
        Command::Worker(join) | Command::Edge(join) => Some(join),
        _ => None,
    };
    let arguments = &arguments.settings;
    let mut sources = Sources::from_process();
    if let Some(file) = &arguments.config {
        sources.file = Some(file.clone());
    }
    let mut problems = Vec::new();
    let named = [
        ("data.dir", &arguments.data),
        ("edge.listen", &arguments.listen),
        ("fleet.control", &join.and_then(|join| join.control.clone())),
        ("fleet.join_token", &join.and_then(|join| join.join.clone())),
    ];
    for (key, value) in named {
        if let Some(value) = value {
            sources.flags.push((key.to_owned(), value.clone()));
        }
    }
    for pair in &arguments.set {
        match pair.split_once('=') {
            Some((key, value)) => sources.flags.push((key.trim().into(), value.trim().into())),
            None => problems.push(format!("--set {pair}: expected KEY=VALUE")),
        }
    }
    let variable = |name: &str| {
        let found = sources.environment.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    };
    let token = variable("FREEHOLD_TOKEN");
    if let Some(place) = variable("FREEHOLD_FAULT_AT") {
        freehold_control_plane::arm_fault(place);
    }
    match Config::load(&sources) {
        Ok(config) if problems.is_empty() => Ok((config, token)),
        Ok(_) => Err(problems),
        Err(found) => {
            problems.extend(found.iter().map(ToString::to_string));
            Err(problems)
        }
    }
}

async fn perform(
    arguments: Arguments,
    config: Config,
    token: Option<String>,
    migrations: &'static [Migration],
) -> anyhow::Result<ExitCode> {
    let json = arguments.json;
    match arguments.command {
        Command::Up => serve::up(config, migrations).await,
        Command::Control(ControlArguments { command: None }) => serve::control(config).await,
        Command::Control(ControlArguments { command: Some(Control::Rebuild { from }) }) => {
            rebuild::run(&config, &from, json).await
        }
        Command::Worker(_) => serve::worker(config, migrations).await,
        Command::Edge(_) => serve::edge(config).await,
        Command::Doctor => doctor::run(&config, json).await,
        Command::Openapi { api } => openapi::run(&config, &api),
        Command::Config(ConfigCommand::Show { defaults: true }) => {
            print!("{DEFAULTS}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Config(ConfigCommand::Show { defaults: false }) => {
            show_config(&config, json);
            Ok(ExitCode::SUCCESS)
        }
        Command::Fleet(command) => operate::fleet(&config, token, command, json).await,
        Command::Tenant(command) => operate::tenant(&config, token, command, json).await,
        Command::Domain(command) => domain::run(&config, token, command, json).await,
        Command::Secrets(command) => operate::secrets(&config, token, command, json).await,
        Command::Db(command) => operate::db(&config, token, command, json).await,
        Command::Operation(command) => operate::operation(&config, token, command, json).await,
    }
}

fn show_config(config: &Config, json: bool) {
    // The URL of a database or a mail server may hold a password.
    let shown = |key: &str, value: &toml::Value| match (key, value.as_str()) {
        (
            "control.database"
            | "worker.databases"
            | "fleet.join_token"
            | "mail.smtp_url"
            | "objects.secret_access_key",
            Some(text),
        ) if !text.is_empty() => "\"(set)\"".to_owned(),
        _ => value.to_string(),
    };
    if json {
        let rows: Vec<_> = config
            .settings
            .iter()
            .map(|setting| {
                serde_json::json!({
                    "key": setting.key,
                    "value": shown(&setting.key, &setting.value).trim_matches('"'),
                    "origin": setting.origin.to_string(),
                })
            })
            .collect();
        println!("{}", serde_json::Value::from(rows));
        return;
    }
    for setting in &config.settings {
        let value = shown(&setting.key, &setting.value);
        println!("{:32} {value:32} {}", setting.key, setting.origin);
    }
}
