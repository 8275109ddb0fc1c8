//! A masked restore with its proof, side by side with `pg_restore` alone.
//!
//! ```text
//! cargo bench --bench versus_pg_restore
//! ```
//!
//! On one side `pg_restore -Fd -j2` of a `pg_dump -Fd` with its default compression: nothing is
//! masked, nothing is proved. On the other the stages of a drill's restore, as its journal has
//! them: the backup read for its people, definitions rewritten, the schema, the rows masked in the
//! stream, indexes and keys; and, in a line of its own, the whole proof. A third way is what most
//! people do: `pg_restore`, and then UPDATE by the runbook's rules.
//!
//! The ways take turns, and each figure is the median of [`ROUNDS`]. What counts are the ratios;
//! a figure that misses its goal is marked, and fails nothing.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use smokedrill_demo::{Production, Staging};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// How many rounds a median is made of.
const ROUNDS: usize = 3;
/// The scales of the demo that are measured.
const SCALES: [u32; 2] = [1, 5];
/// The most memory that our own process may hold at scale 5, in megabytes.
const MEMORY: f64 = 256.0;

/// The runbook's five rules, as UPDATEs.
const UPDATES: &str = include_str!("updates.sql");

/// What one run took.
#[derive(Clone, Copy, Default)]
struct Taken {
    seconds: f64,
    proof: f64,
    /// Write-ahead log and database, in bytes.
    wal: f64,
    disk: f64,
    /// The most memory that our process held, in megabytes.
    peak: f64,
}

fn main() -> ExitCode {
    if !std::env::args().any(|word| word == "--bench") {
        // `cargo test --all-targets` runs benches too, in a build that is not worth timing.
        println!("nothing is measured here: cargo bench --bench versus_pg_restore");
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
    println!("| what | smokedrill | other | ratio | goal | |\n|:--|--:|--:|--:|:--|:--|");
    for scale in SCALES {
        let site = Site::new(scale)?;
        let mut runs: [Vec<Taken>; 3] = Default::default();
        for round in 0..ROUNDS {
            // Every other round goes backwards, so that none always runs in the wake of another.
            let forward = [0, 1, 2];
            for way in if round % 2 == 0 { forward } else { [2, 1, 0] } {
                runs[way].push(match way {
                    0 => site.masked()?,
                    1 => site.pg_restore(false)?,
                    _ => site.pg_restore(true)?,
                });
            }
        }
        let [ours, plain, updated] = runs.map(|runs| median(&runs));
        let line = |what: &str, ours: f64, other: f64, unit: &str, most: f64| {
            let ratio = ours / other;
            let met = if ratio <= most { "met" } else { "**missed**" };
            println!(
                "| scale {scale}: {what} | {ours:.2} {unit} | {other:.2} {unit} | {ratio:.2} | ≤ {most:.2} | {met} |"
            );
        };
        line("restore, against pg_restore -j2", ours.seconds, plain.seconds, "s", 1.10);
        line("restore, against that and UPDATE", ours.seconds, updated.seconds, "s", 0.5);
        line("proof, against our restore", ours.proof, ours.seconds, "s", 1.0);
        line("write-ahead log", ours.wal / 1e6, plain.wal / 1e6, "MB", 1.05);
        line("database", ours.disk / 1e6, plain.disk / 1e6, "MB", 1.05);
        let met = if ours.peak <= MEMORY { "met" } else { "**missed**" };
        println!("| scale {scale}: our memory | {:.1} MB | | | ≤ {MEMORY} MB | {met} |", ours.peak);
    }
    Ok(())
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
        proof: middle(|run| run.proof),
        wal: middle(|run| run.wal),
        disk: middle(|run| run.disk),
        peak: middle(|run| run.peak),
    }
}

/// Production with a backup of either kind, and a staging.
struct Site {
    // What is in the folders goes with the value.
    _place: tempfile::TempDir,
    project: PathBuf,
    dump: PathBuf,
    staging: Staging,
}

impl Site {
    fn new(scale: u32) -> Result<Self> {
        let production = Production::start(scale)?;
        let staging = Staging::start()?;
        let place = tempfile::tempdir()?;
        let (project, dump) = (place.path().join("project"), place.path().join("dump"));
        let suites = project.join("suites");
        fs::create_dir_all(&suites)?;
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/masking.toml");
        fs::copy(rules, suites.join("masking.toml"))?;
        let (from, to) = (production.read_only_url(), staging.superuser_url());
        fs::write(
            suites.join("environments.toml"),
            format!(
                "[environment.production.database]\nurl = {from:?}\n\
                 [environment.staging.database]\nurl = {to:?}\n"
            ),
        )?;
        let tools = production.bin_dir().display().to_string();
        fs::write(
            suites.join("drill.toml"),
            format!("[backup]\nbuckets = []\ntools = {tools:?}\n"),
        )?;
        let site = Self { _place: place, project, dump, staging };
        let (user, rest) =
            to.split_once("://").and_then(|(_, r)| r.split_once('@')).ok_or("URL")?;
        let shown = format!("{}@{rest}", user.split(':').next().unwrap_or_default());
        site.smokedrill(&["staging", "mark", "--env", "staging", "--yes", &shown])?;
        site.smokedrill(&["drill", "--env", "production", "backup::made"])?;
        let mut pg_dump = Command::new(production.bin_dir().join("pg_dump"));
        pg_dump.args(["--format=directory", "--jobs=2", "--file"]).arg(&site.dump);
        run(pg_dump.arg(format!("--dbname={}", production.read_only_url())))?;
        Ok(site)
    }

    fn smokedrill(&self, words: &[&str]) -> Result<f64> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_smokedrill"));
        command.args(words).current_dir(&self.project);
        for name in ["CARGO_MANIFEST_DIR", "SMOKE_ENV", "NEXTEST_RUN_ID"] {
            command.env_remove(name);
        }
        run(&mut command)
    }

    /// A masked restore, by the stages of its journal.
    fn masked(&self) -> Result<Taken> {
        let before = self.wal()?;
        let words = ["drill", "--env", "staging", "--backup", "latest", "restore::"];
        let peak = self.smokedrill(&words)?;
        let wal = self.wal()? - before;
        let journal: Value =
            serde_json::from_slice(&fs::read(self.project.join("reports/journal.json"))?)?;
        let entries = journal["entries"].as_array().ok_or("no entries")?;
        let made = entries.iter().find(|entry| entry["id"] == "restore::made").ok_or("not made")?;
        let (mut seconds, mut proof) = (0.0, 0.0);
        for measure in made["measured"].as_array().ok_or("no figures")? {
            let value = measure["value"].as_f64().unwrap_or_default();
            match (measure["unit"].as_str(), measure["name"].as_str()) {
                (Some("seconds"), Some("proof")) => proof += value,
                (Some("seconds"), _) => seconds += value,
                _ => {}
            }
        }
        let disk = self.ask("select pg_database_size('postgres')")?;
        Ok(Taken { seconds, proof, wal, disk, peak })
    }

    /// `pg_restore` into an empty database, with the UPDATEs behind it if wanted.
    fn pg_restore(&self, update: bool) -> Result<Taken> {
        let url = self.staging.empty_url();
        let admin = self.staging.superuser_url();
        self.psql(&admin, "drop database if exists empty with (force)")?;
        self.psql(&admin, "create database empty owner postgres template template0")?;
        let before = self.wal()?;
        let begun = Instant::now();
        let mut restore = Command::new(self.staging.bin_dir().join("pg_restore"));
        restore.args(["--format=directory", "--jobs=2", "--dbname", &url]).arg(&self.dump);
        run(&mut restore)?;
        self.psql(&url, "analyze")?;
        if update {
            self.psql(&url, UPDATES)?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        let wal = self.wal()? - before;
        let disk = self.ask("select pg_database_size('empty')")?;
        Ok(Taken { seconds, wal, disk, ..Taken::default() })
    }

    fn wal(&self) -> Result<f64> {
        self.ask("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")
    }

    fn ask(&self, sql: &str) -> Result<f64> {
        let mut psql = Command::new(self.staging.bin_dir().join("psql"));
        psql.args(["-qXAt", &self.staging.superuser_url(), "-c", sql]);
        Ok(String::from_utf8(psql.output()?.stdout)?.trim().parse()?)
    }

    fn psql(&self, url: &str, sql: &str) -> Result<()> {
        let mut psql = Command::new(self.staging.bin_dir().join("psql"));
        run(psql.args(["-qX", "-v", "ON_ERROR_STOP=1", url, "-c", sql])).map(drop)
    }
}

/// Runs a command to a good end; the most memory that it held, in megabytes, where the system
/// tells.
fn run(command: &mut Command) -> Result<f64> {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0.0_f64;
    loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        let kibibytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok());
        peak = peak.max(kibibytes.unwrap_or_default() * 1024.0 / 1e6);
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(peak),
            Some(status) => {
                let program = command.get_program().display();
                return Err(
                    format!("{program} ended with {status}: run it by hand to see why").into()
                );
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
