//! What the kernel says about this machine and about processes: cores, processor time, memory.
//!
//! Linux only, from /proc, because nothing else tells a process's own share.

use std::fs;
use std::time::Duration;

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
pub(crate) fn cpu_of(process: u32) -> anyhow::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before it, in brackets, may hold anything; utime and stime are fields 14 and 15.
    let (_, fields) = stat.rsplit_once(") ").context("/proc/<id>/stat has another form")?;
    let ticks: u64 = fields.split(' ').skip(11).take(2).flat_map(str::parse::<u64>).sum();
    Ok(of_ticks(ticks))
}

/// Processor time of the whole machine so far that processes had, or its host took from it.
/// Interrupts are left out: the kernel's share of our own traffic is among them.
pub(crate) fn cpu_of_machine() -> anyhow::Result<Duration> {
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
