//! A whole backup, side by side with `pg_dump` alone.
//!
//! ```text
//! cargo bench --bench versus_pg_dump
//! ```
//!
//! On one side `pg_dump -Fd -j2` with its default compression: two connections, nothing hashed,
//! nothing read again. On the other the drill as its users run it: prerequisites, one snapshot,
//! the dump, roles, catalogue before and after, the watch over production, hashes, the manifest,
//! and each proof, for which the archive is read again to its end. Both write to the same disk,
//! and both have their files synced.
//!
//! The two take turns, and each figure is the median of [`ROUNDS`]. Machines differ, so what
//! counts are the ratios; a figure that misses its goal is marked, and fails nothing.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use smokedrill_demo::Production;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How many rounds a median is made of.
const ROUNDS: usize = 3;

/// The scales of the demo that are measured.
const SCALES: [u32; 2] = [1, 5];

/// The most memory that our own process may hold, in megabytes.
const MEMORY: f64 = 64.0;

/// What one run took.
#[derive(Clone, Copy)]
struct Taken {
    seconds: f64,
    /// What is on the disk, in bytes.
    stored: u64,
    /// The most memory that the process held, in megabytes, where the system tells.
    peak: f64,
}

fn main() -> ExitCode {
    if !std::env::args().any(|word| word == "--bench") {
        // `cargo test --all-targets` runs benches too, in a build that is not worth timing.
        println!("nothing is measured here: cargo bench --bench versus_pg_dump");
        return ExitCode::SUCCESS;
    }
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    println!("| what | smokedrill | pg_dump -Fd -j2 | ratio | goal | |\n|:--|--:|--:|--:|:--|:--|");
    for scale in SCALES {
        let production = Production::start(scale)?;
        let place = tempfile::tempdir()?;
        let database = Project::new(place.path().join("database"), &production, "[]")?;
        let buckets = "[\"uploads\", \"invoices\", \"maintenance\"]";
        let storage = Project::new(place.path().join("storage"), &production, buckets)?;
        let mut runs = [const { Vec::new() }; 3];
        for round in 0..ROUNDS {
            // Every other round goes backwards, so that none always runs in the wake of another.
            let forward = [0, 1, 2];
            for side in if round % 2 == 0 { forward } else { [2, 1, 0] } {
                runs[side].push(match side {
                    0 => pg_dump(&production, &place.path().join("theirs"))?,
                    1 => database.drill()?,
                    _ => storage.drill()?,
                });
            }
        }
        let [theirs, ours, with_storage] = runs;
        let (theirs, ours, with_storage) = (median(&theirs), median(&ours), median(&with_storage));
        let name = format!("scale {scale}");
        seconds(&format!("{name}: wall time"), ours, theirs, Some(0.5));
        seconds(&format!("{name}: wall time, storage manifests too"), with_storage, theirs, None);
        let (mine, other) = (ours.stored as f64 / 1e6, theirs.stored as f64 / 1e6);
        let verdict = met(mine <= other);
        println!(
            "| {name}: on disk | {mine:.1} MB | {other:.1} MB | {:.2} | ratio ≤ 1.00 | {verdict} |",
            mine / other
        );
        let peak = with_storage.peak.max(ours.peak);
        println!(
            "| {name}: our memory | {peak:.1} MB | | | ≤ {MEMORY} MB | {} |",
            met(peak <= MEMORY)
        );
    }
    Ok(())
}

fn seconds(what: &str, ours: Taken, theirs: Taken, goal: Option<f64>) {
    let ratio = ours.seconds / theirs.seconds;
    let (goal, verdict) = match goal {
        Some(most) => (format!("ratio ≤ {most:.2}"), met(ratio <= most)),
        None => (String::new(), ""),
    };
    println!(
        "| {what} | {:.2} s | {:.2} s | {ratio:.2} | {goal} | {verdict} |",
        ours.seconds, theirs.seconds
    );
}

fn met(held: bool) -> &'static str {
    if held { "met" } else { "**missed**" }
}

/// The middle of each figure.
fn median(runs: &[Taken]) -> Taken {
    let middle = |figure: fn(&Taken) -> f64| {
        let mut all: Vec<f64> = runs.iter().map(figure).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
    };
    Taken {
        seconds: middle(|run| run.seconds),
        stored: middle(|run| run.stored as f64) as u64,
        peak: middle(|run| run.peak),
    }
}

/// `pg_dump` alone, as most people run it.
fn pg_dump(production: &Production, folder: &Path) -> Result<Taken> {
    let mut command = Command::new(production.bin_dir().join("pg_dump"));
    command.args(["--format=directory", "--jobs=2", "--file"]).arg(folder);
    command.arg(format!("--dbname={}", production.read_only_url()));
    let taken = timed(command, folder)?;
    fs::remove_dir_all(folder)?;
    Ok(taken)
}

/// A folder with settings, in which the program is run.
struct Project {
    folder: PathBuf,
}

impl Project {
    fn new(folder: PathBuf, production: &Production, buckets: &str) -> Result<Self> {
        fs::create_dir_all(folder.join("suites"))?;
        let url = production.read_only_url();
        let environments = format!("[environment.production.database]\nurl = \"{url}\"\n");
        fs::write(folder.join("suites/environments.toml"), environments)?;
        let tools = production.bin_dir().display();
        let settings = format!("[backup]\nbuckets = {buckets}\ntools = \"{tools}\"\n");
        fs::write(folder.join("suites/drill.toml"), settings)?;
        Ok(Self { folder })
    }

    fn drill(&self) -> Result<Taken> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smokedrill"));
        command.args(["drill", "--env", "production"]).current_dir(&self.folder);
        for name in ["CARGO_MANIFEST_DIR", "SMOKE_ENV", "NEXTEST_RUN_ID"] {
            command.env_remove(name);
        }
        let backups = self.folder.join("backups");
        let taken = timed(command, &backups)?;
        fs::remove_dir_all(backups)?;
        Ok(taken)
    }
}

/// Runs a command, and says what it took and what it left in a folder.
fn timed(mut command: Command, folder: &Path) -> Result<Taken> {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0.0_f64;
    let status = loop {
        peak = peak.max(most_memory(child.id()).unwrap_or_default());
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    if !status.success() {
        let program = command.get_program().display();
        return Err(format!("{program} ended with {status}: run it by hand to see why").into());
    }
    Ok(Taken { seconds, stored: size(folder)?, peak })
}

/// The most memory that a process has held so far, in megabytes; its children are others.
fn most_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
