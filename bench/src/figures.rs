//! Figures: one line each on standard output, and how they are taken.

use std::io::Write as _;
use std::time::Duration;

/// Writes a line to standard output. The programs here have nothing else to say it with.
pub fn say(line: &str) {
    // A closed standard output is no reason to end a measurement.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Writes `name value unit (target …)`.
pub fn figure(name: &str, value: f64, unit: &str, target: &str) {
    let value = if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    };
    let target = if target.is_empty() {
        String::new()
    } else {
        format!(" (target {target})")
    };
    say(&format!("{name} {value} {unit}{target}"));
}

/// The middle value.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The duration below which `percent` of a hundred lie, in milliseconds. Sorts them.
pub fn percentile_ms(durations: &mut [Duration], percent: f64) -> f64 {
    durations.sort_unstable();
    let place = (durations.len() as f64 * percent / 100.0).ceil() as usize;
    durations
        .get(place.saturating_sub(1))
        .map_or(f64::NAN, |found| found.as_secs_f64() * 1000.0)
}

/// Memory of a process.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Resident, in KiB.
    pub rss_kib: u64,
    /// Resident, with what is shared counted in shares, in KiB.
    pub pss_kib: u64,
}

/// Reads it from `/proc`; zeros when the process is gone.
pub fn memory_of(pid: u32) -> Memory {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
            .unwrap_or(0)
    };
    Memory {
        rss_kib: field("Rss:"),
        pss_kib: field("Pss:"),
    }
}

/// Processor time that a process has used, in seconds.
pub fn cpu_seconds_of(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name is in parentheses and may hold spaces.
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks = |place: usize| -> f64 {
        after
            .split_whitespace()
            .nth(place)
            .and_then(|field| field.parse().ok())
            .unwrap_or(0.0)
    };
    // utime and stime, in hundredths of a second on every Linux of today.
    (ticks(11) + ticks(12)) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_medians_are_values_that_were_measured() {
        let mut durations: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
        assert!((percentile_ms(&mut durations, 99.0) - 99.0).abs() < 1e-9);
        assert!((percentile_ms(&mut durations, 50.0) - 50.0).abs() < 1e-9);
        assert!((median(&mut [3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn this_process_has_memory() {
        assert!(memory_of(std::process::id()).rss_kib > 0);
    }
}
