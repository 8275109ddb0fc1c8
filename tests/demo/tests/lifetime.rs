//! A demo comes quickly, goes completely, and does not outlive its process.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use smokedrill_demo::{Demo, Fault};

/// What a demo leaves if it is not cleaned up: its folder and its server.
#[derive(Debug)]
struct Trace {
    folder: PathBuf,
    server: u32,
}

impl Trace {
    fn of(url: &str) -> Trace {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let data: String = runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
            tokio::spawn(connection);
            client.query_one("show data_directory", &[]).await.unwrap().get(0)
        });
        let pid = fs::read_to_string(Path::new(&data).join("postmaster.pid")).unwrap();
        Trace {
            folder: Path::new(&data).parent().unwrap().to_owned(),
            server: pid.lines().next().unwrap().parse().unwrap(),
        }
    }

    /// The watchdog is the server's parent.
    fn watchdog(&self) -> u32 {
        ps("ppid=", self.server).parse().unwrap()
    }

    fn is_gone(&self) -> bool {
        // In a container without an init, nobody collects what a killed process left: state Z.
        let state = ps("stat=", self.server);
        !self.folder.exists() && (state.is_empty() || state.starts_with('Z'))
    }

    fn is_gone_within(&self, patience: Duration) -> bool {
        let begin = Instant::now();
        while !self.is_gone() && begin.elapsed() < patience {
            thread::sleep(Duration::from_millis(20));
        }
        self.is_gone()
    }
}

fn ps(column: &str, pid: u32) -> String {
    let output = Command::new("ps").args(["-o", column, "-p", &pid.to_string()]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn signal(name: &str, pid: u32) {
    let status =
        Command::new("/bin/sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(status.success());
}

/// Another process that holds a demo until it is killed: this test binary again.
fn holder() -> (Child, Trace) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "hold_a_demo", "--ignored", "--nocapture"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("URL ").map(|(_, url)| url.to_owned()));
    let trace = Trace::of(&url.unwrap());
    (child, trace)
}

#[test]
#[ignore = "is run by the other tests, in a process of its own, and waits to be killed"]
fn hold_a_demo() {
    let demo = Demo::start().unwrap();
    println!("URL {}", demo.database_url());
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_drop_leaves_no_process_and_no_folder() {
    let begin = Instant::now();
    let demo = Demo::start().unwrap();
    println!("start: {:?}", begin.elapsed());
    let slow = demo.broken(Fault::Slow).unwrap();
    let (healthy, broken) = (address(demo.base_url()), address(slow.base_url()));
    let trace = Trace::of(&demo.database_url());
    assert!(!trace.is_gone() && TcpStream::connect(&broken).is_ok());
    drop(slow);
    assert!(TcpStream::connect(&broken).is_err() && TcpStream::connect(&healthy).is_ok());
    let begin = Instant::now();
    drop(demo);
    println!("drop: {:?}", begin.elapsed());
    assert!(TcpStream::connect(&healthy).is_err());
    assert!(trace.is_gone(), "{trace:?}");
}

#[test]
fn two_demos_stand_side_by_side() {
    let starts: Vec<_> = (0..2).map(|_| thread::spawn(Demo::start)).collect();
    let demos: Vec<Demo> = starts.into_iter().map(|start| start.join().unwrap().unwrap()).collect();
    let traces: Vec<Trace> = demos.iter().map(|demo| Trace::of(&demo.database_url())).collect();
    assert_ne!(demos[0].staff_token(), demos[1].staff_token());
    for (demo, trace) in demos.into_iter().zip(&traces) {
        assert!(!trace.is_gone());
        drop(demo);
        assert!(trace.is_gone(), "{trace:?}");
    }
}

#[test]
fn a_demo_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Demo>();
    shared::<smokedrill_demo::Api>();
}

#[test]
fn a_demo_starts_and_stops_inside_a_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let demo = Demo::start().unwrap();
        assert!(demo.broken(Fault::NotOk).is_ok());
    });
}

#[test]
fn a_killed_process_leaves_nothing() {
    let (mut child, trace) = holder();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(trace.is_gone_within(Duration::from_secs(5)), "{trace:?}");
}

#[test]
fn what_a_killed_watchdog_leaves_goes_at_the_next_start() {
    let (mut child, trace) = holder();
    // Its guard, a second shell, is orphaned with it and would do the work: both must go.
    let watchdog = trace.watchdog();
    for process in children(watchdog).into_iter().filter(|id| *id != trace.server) {
        signal("KILL", process);
    }
    signal("KILL", watchdog);
    // The maker lives: nobody may touch its cluster.
    drop(Demo::start().unwrap());
    assert!(!trace.is_gone(), "{trace:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(!trace.is_gone(), "{trace:?}");
    drop(Demo::start().unwrap());
    assert!(trace.is_gone_within(Duration::from_secs(1)), "{trace:?}");
}

#[test]
fn a_server_that_dies_is_no_obstacle_to_the_drop() {
    let demo = Demo::start().unwrap();
    let trace = Trace::of(&demo.database_url());
    // Not KILL: the kernel would keep a shared memory segment of it until the machine restarts.
    signal("QUIT", trace.server);
    thread::sleep(Duration::from_millis(100));
    drop(demo);
    assert!(trace.is_gone(), "{trace:?}");
}

fn address(base_url: &str) -> String {
    base_url.trim_start_matches("http://").to_owned()
}

fn children(parent: u32) -> Vec<u32> {
    let output = Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| line.trim().split_once(' '));
    let own = pairs.filter(|(_, ppid)| ppid.trim() == parent.to_string());
    own.filter_map(|(pid, _)| pid.parse().ok()).collect()
}
