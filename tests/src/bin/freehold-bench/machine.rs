//! What the kernel says about this machine and about processes: cores, processor time, memory.
//!
//! Linux only, from /proc, because nothing else tells a process's own share.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context;

/// The kernel counts processor time in these; 100 on every architecture that Linux has today.
const TICKS_PER_SECOND: u64 = 100;

/// Cores that may be used.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Whether this program was optimised.
pub(crate) const fn profile() -> &'static str {
    if cfg!(debug_assertions) { "debug (not representative)" } else { "release" }
}

/// Processor time so far, user and system.
fn cpu_of(process: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before it, in brackets, may hold anything; utime and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(") ").context("/proc/<id>/stat has another form")?;
    let ticks: u64 = fields.split(' ').skip(11).take(2).flat_map(str::parse::<u64>).sum();
    Ok(of_ticks(ticks))
}

/// Processor time of the whole machine so far that processes had, or its host took from it.
/// Interrupts are left out: the kernel's share of our own traffic is among them.
fn cpu_of_machine() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("/proc/stat is empty")?;
    let fields: Vec<u64> = line.split_whitespace().skip(1).flat_map(str::parse).collect();
    // user nice system idle iowait irq softirq steal; what follows is counted in user already.
    let [user, nice, system, _, _, _, _, steal, ..] = fields[..] else {
        anyhow::bail!("/proc/stat has another form");
    };
    Ok(of_ticks(user + nice + system + steal))
}

const fn of_ticks(ticks: u64) -> Duration {
    Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND)
}

/// Looks at the time and at the processors, to say later what a stretch of work took of both.
#[derive(Debug)]
pub(crate) struct Watch {
    process: u32,
    started: Instant,
    server: Duration,
    client: Duration,
    machine: Duration,
}

/// What a stretch of work took: time, and processor time of server, client and all others.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    pub(crate) elapsed: Duration,
    pub(crate) server: Duration,
    pub(crate) client: Duration,
    others: Duration,
}

impl Watch {
    /// Begins to watch a served process next to this one.
    pub(crate) fn start(process: u32) -> anyhow::Result<Self> {
        Ok(Self {
            process,
            started: Instant::now(),
            server: cpu_of(process)?,
            client: cpu_of(std::process::id())?,
            machine: cpu_of_machine()?,
        })
    }

    /// What was taken since.
    pub(crate) fn taken(&self) -> anyhow::Result<Taken> {
        let elapsed = self.started.elapsed();
        let server = cpu_of(self.process)?.saturating_sub(self.server);
        let client = cpu_of(std::process::id())?.saturating_sub(self.client);
        let machine = cpu_of_machine()?.saturating_sub(self.machine);
        Ok(Taken { elapsed, server, client, others: machine.saturating_sub(server + client) })
    }
}

impl Taken {
    /// How much of all processors others used, in percent.
    pub(crate) fn others_percent(&self) -> f64 {
        let possible = self.elapsed.as_secs_f64() * cores() as f64;
        self.others.as_secs_f64() / possible.max(f64::EPSILON) * 100.0
    }
}

/// What a process holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) rss_kib: u64,
    pub(crate) peak_kib: u64,
    pub(crate) anonymous_kib: u64,
    pub(crate) threads: u64,
    pub(crate) descriptors: u64,
}

/// What a process holds now.
pub(crate) fn held_by(process: u32) -> anyhow::Result<Held> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let number = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        number.and_then(|text| text.parse().ok()).with_context(|| format!("no {key} in /proc"))
    };
    Ok(Held {
        rss_kib: number("VmRSS:")?,
        peak_kib: number("VmHWM:")?,
        anonymous_kib: number("RssAnon:")?,
        threads: number("Threads:")?,
        descriptors: fs::read_dir(format!("/proc/{process}/fd"))?.count() as u64,
    })
}
