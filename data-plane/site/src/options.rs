//! HTTP over a site's settings: everybody reads those that are public, administrators read and change
//! them all.

use freehold_api::{ApiError, Body, Command, Data, Method, Path, Problems, Route, Routes};
use freehold_kernel::{
    Action, Ctx, Holders, OPTIONS, OptionKind, OptionSpec, Permission, Programs, Role, Rows, Scope,
    SiteOptions, option, reset_option, write_option,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::ReadPages;

pub(crate) const MANAGE: Permission = Permission {
    name: "options.manage",
    summary: "Read and change the site's settings",
    holders: Holders::AtLeast(Role::Admin),
    rows: Rows::Every,
    programs: Programs::From(Scope::Admin),
};

struct ManageOptions;

impl Action for ManageOptions {
    const PERMISSION: Permission = MANAGE;
}

/// A setting with its value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteOption)]
struct OptionView {
    key: &'static str,
    /// Of the kind that `type` says.
    value: Value,
    /// Its value where nobody set one.
    default: Value,
    /// `text`, `boolean`, `integer`, `language`, `time_zone` or `choice`.
    r#type: &'static str,
    /// What it stands with: `general`, `reading`, `people` or `maintenance`.
    group: &'static str,
    label: &'static str,
    description: &'static str,
    /// Whether everybody may know it.
    is_public: bool,
    /// The smallest number, or the fewest characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<u64>,
    /// The largest number, or the most characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<u64>,
    /// The words that a `choice` is among.
    #[serde(skip_serializing_if = "Option::is_none")]
    choices: Option<&'static [&'static str]>,
}

impl OptionView {
    fn new(option: &'static OptionSpec, values: &SiteOptions) -> Self {
        let (minimum, maximum) = match option.kind {
            OptionKind::Text { chars_min, chars_max } => {
                (Some(chars_min as u64), Some(chars_max as u64))
            }
            OptionKind::Integer { minimum, maximum } => (Some(minimum), Some(maximum)),
            OptionKind::Boolean
            | OptionKind::Language
            | OptionKind::TimeZone
            | OptionKind::Choice(_) => (None, None),
        };
        let choices = match option.kind {
            OptionKind::Choice(words) => Some(words),
            _ => None,
        };
        Self {
            key: option.key,
            value: option.kind.shown(values.stored(option)),
            default: option.kind.shown(option.default),
            r#type: option.kind.as_str(),
            group: option.group,
            label: option.label,
            description: option.description,
            is_public: option.is_public,
            minimum,
            maximum,
            choices,
        }
    }
}

/// Every setting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteOptions)]
struct OptionsView {
    /// In the order in which they are shown.
    items: Vec<OptionView>,
}

/// The public settings by their keys.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicOptions)]
struct PublicView(Map<String, Value>);

/// Settings and what they are to be, as they are stored.
#[derive(Debug)]
struct Changes(Vec<(&'static OptionSpec, String)>);

/// Some of the settings; the others stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OptionsBody {
    /// Values by keys. All are taken, or none.
    options: Map<String, Value>,
}

impl Command for Changes {
    type Wire = OptionsBody;

    fn parse(wire: OptionsBody, problems: &mut Problems) -> Option<Self> {
        let mut changes = Vec::new();
        for (key, value) in &wire.options {
            let path = format!("options.{key}");
            let Some(option) = option(key) else {
                problems.add(&path, "unknown", "there is no such setting");
                continue;
            };
            let stored = problems.take(&path, option.kind.parse(value));
            changes.extend(stored.map(|stored| (option, stored)));
        }
        problems.is_empty().then_some(Self(changes))
    }
}

/// What one setting is to be; what it may be depends on the setting.
#[derive(Debug)]
struct NewValue(Value);

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OptionBody {
    value: Value,
}

impl Command for NewValue {
    type Wire = OptionBody;

    fn parse(wire: OptionBody, _problems: &mut Problems) -> Option<Self> {
        Some(Self(wire.value))
    }
}

pub(crate) fn routes() -> Vec<Route> {
    Routes::new(())
        .add(Method::Get, "/api/v1/options/public", public, |op| {
            op.summary("The settings that everybody may know").returns::<PublicView>(200).shared()
        })
        .add(Method::Get, "/api/v1/admin/options", list, |op| {
            op.summary("Every setting with its value and what it may be")
                .returns::<OptionsView>(200)
        })
        .add(Method::Put, "/api/v1/admin/options", change, |op| {
            op.summary("Change some settings, all of them or none").returns::<OptionsView>(200)
        })
        .add(Method::Get, "/api/v1/admin/options/{key}", get, |op| {
            op.summary("One setting").returns::<OptionView>(200)
        })
        .add(Method::Put, "/api/v1/admin/options/{key}", set, |op| {
            op.summary("Change one setting").returns::<OptionView>(200)
        })
        .add(Method::Delete, "/api/v1/admin/options/{key}", reset, |op| {
            op.summary("Give a setting its default again").returns::<OptionView>(200)
        })
        .rows()
}

async fn values<A: Action>(ctx: &Ctx<A>) -> Result<SiteOptions, ApiError> {
    Ok(SiteOptions::load(&mut ctx.read().await?).await?)
}

fn all(values: &SiteOptions) -> OptionsView {
    OptionsView { items: OPTIONS.iter().map(|option| OptionView::new(option, values)).collect() }
}

fn known(key: &str) -> Result<&'static OptionSpec, ApiError> {
    option(key).ok_or_else(ApiError::not_found)
}

async fn public(ctx: Ctx<ReadPages>) -> Result<Data<PublicView>, ApiError> {
    let values = values(&ctx).await?;
    let shown = OPTIONS
        .iter()
        .filter(|option| option.is_public)
        .map(|option| (option.key.to_owned(), option.kind.shown(values.stored(option))));
    Ok(Data::ok(PublicView(shown.collect())))
}

async fn list(ctx: Ctx<ManageOptions>) -> Result<Data<OptionsView>, ApiError> {
    Ok(Data::ok(all(&values(&ctx).await?)))
}

async fn change(
    ctx: Ctx<ManageOptions>,
    Body(Changes(changes)): Body<Changes>,
) -> Result<Data<OptionsView>, ApiError> {
    let mut tx = ctx.begin().await?;
    for (option, value) in &changes {
        write_option(&mut tx, option.key, value).await?;
    }
    tx.commit().await?;
    Ok(Data::ok(all(&values(&ctx).await?)))
}

async fn get(
    ctx: Ctx<ManageOptions>,
    Path(key): Path<String>,
) -> Result<Data<OptionView>, ApiError> {
    let option = known(&key)?;
    Ok(Data::ok(OptionView::new(option, &values(&ctx).await?)))
}

async fn set(
    ctx: Ctx<ManageOptions>,
    Path(key): Path<String>,
    Body(NewValue(value)): Body<NewValue>,
) -> Result<Data<OptionView>, ApiError> {
    let option = known(&key)?;
    let mut problems = Problems::default();
    let stored = problems.take("value", option.kind.parse(&value));
    problems.finish()?;
    let mut tx = ctx.begin().await?;
    write_option(&mut tx, option.key, &stored.unwrap_or_default()).await?;
    tx.commit().await?;
    Ok(Data::ok(OptionView::new(option, &values(&ctx).await?)))
}

async fn reset(
    ctx: Ctx<ManageOptions>,
    Path(key): Path<String>,
) -> Result<Data<OptionView>, ApiError> {
    let option = known(&key)?;
    let mut tx = ctx.begin().await?;
    reset_option(&mut tx, option.key).await?;
    tx.commit().await?;
    Ok(Data::ok(OptionView::new(option, &values(&ctx).await?)))
}
