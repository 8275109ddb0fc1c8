//! Twilio, as far as a rotation sees it, and a vault of one file.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Folder, Ran, Reply, Request, serve};

pub(crate) const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";
pub(crate) const FIRST: &str = "0ld0ld0ld0ld0ld0ld0ld0ld0ld0ld01";

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The program is killed before the server does anything.
    KillBefore,
    /// The server acts, and then the program is killed.
    KillAfter,
    /// The connection breaks before the server does anything.
    LostBefore,
    /// The server acts, and its answer is lost.
    LostAfter,
    /// The server answers so, and does nothing.
    Status(u16, &'static str),
    /// The server acts, and says that it could not.
    StatusAfter(u16),
    /// Nothing comes.
    Hang,
}

/// What the server knows.
#[derive(Default)]
pub(crate) struct Account {
    pub(crate) primary: String,
    pub(crate) secondary: Option<String>,
    made: usize,
    /// The requests so far: method and path.
    pub(crate) requests: Vec<String>,
    /// By the request's number, from 1.
    pub(crate) faults: BTreeMap<usize, Fault>,
    /// What goes wrong with every request.
    pub(crate) always: Option<Fault>,
    /// How often the next tries of a new token are refused.
    pub(crate) refuses_new: usize,
    /// The one that ended, and how often it is accepted still.
    pub(crate) accepts_old: usize,
    pub(crate) ended: Option<String>,
    /// A secondary token that somebody else makes just before the promotion.
    pub(crate) usurper: Option<String>,
    process: Option<u32>,
}

/// The server, the vault and the program's folder.
pub(crate) struct Twilio {
    pub(crate) folder: Folder,
    pub(crate) account: Arc<Mutex<Account>>,
    pub(crate) url: String,
}

/// What is written under `[twilio]` beside the account's SID and the server.
pub(crate) const SAME_PLACE: &str = "auth_token = { command = [\"cat\", \"vault/token\"] }\n";
pub(crate) const BY_VARIABLE: &str =
    "auth_token = { env = \"TEST_TOKEN\" }\nstored = { file = \"../vault/token\" }\n";

/// It says the token aloud, to be sure that nobody repeats that.
const STORE: &str = r#"
echo "$0 $*" >> vault/arguments
case "$(cat vault/fault 2>/dev/null)" in
  kill-before) rm vault/fault; kill -9 $PPID; exit 1 ;;
  kill-after) rm vault/fault; cat > vault/.new; mv vault/.new vault/token; kill -9 $PPID; exit 1 ;;
  fail-before) echo "permission denied for $(cat)" >&2; exit 7 ;;
  fail-after) rm vault/fault; cat > vault/.new; mv vault/.new vault/token; exit 7 ;;
  deaf) exit 0 ;;
  late-*) delay=$(sed s/late-// vault/fault); token=$(cat); number=$$
    (sleep "$delay"; printf %s "$token" > vault/.$number; mv vault/.$number vault/token) > /dev/null 2>&1 &
    exit 0 ;;
  mangle) (cat; echo mangled) > vault/token; exit 0 ;;
esac
tee vault/.new; mv vault/.new vault/token
"#;

impl Twilio {
    pub(crate) fn new(token: &str) -> Self {
        let account = Account { primary: FIRST.to_owned(), ..Account::default() };
        let account = Arc::new(Mutex::new(account));
        let shared = Arc::clone(&account);
        let url = serve(move |request| answer(&shared, request));
        let settings = format!(
            "[twilio]\naccount_sid = \"{ACCOUNT}\"\nstore = [\"sh\", \"store.sh\", \"put\"]\n\
             host = \"{url}\"\napi_host = \"{url}\"\ntimeout = \"2s\"\ndeadline = \"3s\"\n{token}"
        );
        let folder = Folder::new(&settings);
        folder.write("store.sh", STORE);
        folder.write("vault/token", FIRST);
        Self { folder, account, url }
    }

    pub(crate) fn account(&self) -> MutexGuard<'_, Account> {
        self.account.lock().expect("nobody panics with it")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.folder.command(&["rotate", "twilio"]);
        command.args(arguments).env("TEST_TOKEN", FIRST);
        let child = command.spawn().expect("the program starts");
        self.account().process = Some(child.id());
        let ran = Ran::of(child.wait_with_output().expect("it ends"));
        self.account().process = None;
        self.keeps_silent(&ran);
        self.locks_nobody_out(&ran);
        ran
    }

    pub(crate) fn vault(&self) -> String {
        self.folder.read("vault/token")
    }

    pub(crate) fn state(&self) -> String {
        self.folder.read("reports/rotation/twilio.json")
    }

    /// The rotation is at its end: the vault has the primary token, which is a new one, and
    /// nothing is left of it.
    pub(crate) fn is_rotated(&self, told: &str) {
        let account = self.account();
        assert_eq!(self.vault(), account.primary, "{told}");
        assert_ne!(account.primary, FIRST, "{told}");
        assert_eq!(account.secondary, None, "{told}");
        assert_eq!(self.state(), "", "{told}");
        drop(account);
        let audit = self.folder.read("reports/audit.jsonl");
        let last = audit.lines().last().unwrap_or_default();
        assert!(
            last.contains("\"twilio.rotate\"") && last.contains("\"passed\""),
            "{told}\n{audit}"
        );
        let verified = self.folder.run(&["audit", "verify"]);
        assert_eq!(verified.code, Some(0), "{verified:?}");
    }

    /// All is as it was before.
    pub(crate) fn is_untouched(&self, told: &str) {
        let account = self.account();
        let (primary, secondary) = (account.primary.clone(), account.secondary.clone());
        assert_eq!((primary.as_str(), secondary), (FIRST, None), "{told}");
        assert_eq!((self.vault().as_str(), self.state().as_str()), (FIRST, ""), "{told}");
    }

    /// Whatever happens, what the vault has lets one in.
    fn locks_nobody_out(&self, ran: &Ran) {
        let (vault, account) = (self.vault(), self.account());
        if vault.contains("mangled") {
            return;
        }
        let good = [Some(account.primary.as_str()), account.secondary.as_deref()];
        assert!(
            good.contains(&Some(vault.as_str())),
            "locked out: {ran:?}\n{:?}",
            account.requests
        );
    }

    /// No token is said, nor written down, nor given as an argument.
    fn keeps_silent(&self, ran: &Ran) {
        let account = self.account();
        let secondary = account.secondary.iter().chain(&account.ended);
        let tokens = secondary.chain([&account.primary]).map(String::as_str).chain([FIRST]);
        let places = [
            ("its output", ran.text.clone()),
            ("the audit log", self.folder.read("reports/audit.jsonl")),
            ("the arguments", self.folder.read("vault/arguments")),
            ("the state", self.state()),
        ];
        for token in tokens {
            let forms = [token.to_owned(), STANDARD.encode(format!("{ACCOUNT}:{token}"))];
            for (place, text) in &places {
                let rescued = *place == "the state" && text.contains("\"rescued\"");
                let told = forms.iter().any(|form| text.contains(form.as_str()));
                assert!(!told || rescued, "{token} in {place}: {text}");
            }
        }
    }
}

fn answer(shared: &Mutex<Account>, request: &Request) -> Reply {
    let mut account = shared.lock().expect("nobody panics with it");
    account.requests.push(format!("{} {}", request.method, request.path));
    let number = account.requests.len();
    let fault = account.faults.remove(&number).or(account.always);
    let process = account.process;
    let kill = || {
        let pid = process.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        kill_process(pid.expect("a process"), Signal::KILL).expect("it is there");
        thread::sleep(Duration::from_millis(50));
        Reply::Close
    };
    match fault {
        Some(Fault::KillBefore) => return kill(),
        Some(Fault::LostBefore) => return Reply::Close,
        Some(Fault::Status(status, headers)) => return Reply::Json(status, headers, json!({})),
        Some(Fault::Hang) => {
            drop(account);
            return Reply::Hang;
        }
        _ => {}
    }
    let (status, body) = account.act(request);
    match fault {
        Some(Fault::KillAfter) => kill(),
        Some(Fault::LostAfter) => Reply::Close,
        Some(Fault::StatusAfter(status)) => Reply::Json(status, "", json!({})),
        _ => Reply::Json(status, "", body),
    }
}

impl Account {
    fn act(&mut self, request: &Request) -> (u16, Value) {
        let authorization = request.headers.get("authorization").cloned().unwrap_or_default();
        let pair = authorization.strip_prefix("Basic ").unwrap_or_default();
        let pair = String::from_utf8(STANDARD.decode(pair).unwrap_or_default()).unwrap_or_default();
        let token = pair.strip_prefix(&format!("{ACCOUNT}:")).unwrap_or_default().to_owned();
        if !self.lets_in(&token) {
            return (401, json!({ "code": 20003, "message": "Authenticate" }));
        }
        let messages = format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=1");
        let none = (404, json!({ "code": 20404, "status": 404 }));
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path == messages => (200, json!({ "messages": [] })),
            ("DELETE", "/v1/AuthTokens/Secondary") => match self.secondary.take() {
                Some(_) => (204, Value::Null),
                None => none,
            },
            ("POST", "/v1/AuthTokens/Secondary") if self.secondary.is_some() => (409, json!({})),
            ("POST", "/v1/AuthTokens/Secondary") => {
                self.made += 1;
                let made = format!("{:032x}", self.made + 0xbeef_0000);
                self.secondary = Some(made.clone());
                (201, json!({ "account_sid": ACCOUNT, "secondary_auth_token": made }))
            }
            ("POST", "/v1/AuthTokens/Promote") => {
                if let Some(usurper) = self.usurper.take() {
                    self.secondary = Some(usurper);
                }
                match self.secondary.take() {
                    Some(promoted) => {
                        self.ended = Some(std::mem::replace(&mut self.primary, promoted.clone()));
                        (200, json!({ "account_sid": ACCOUNT, "auth_token": promoted }))
                    }
                    None => none,
                }
            }
            _ => (404, json!({})),
        }
    }

    fn lets_in(&mut self, token: &str) -> bool {
        if self.secondary.as_deref() == Some(token) && self.refuses_new > 0 {
            self.refuses_new -= 1;
            return false;
        }
        if self.ended.as_deref() == Some(token) && self.accepts_old > 0 {
            self.accepts_old -= 1;
            return true;
        }
        token == self.primary || self.secondary.as_deref() == Some(token)
    }
}
