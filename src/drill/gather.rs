//! Finding the prerequisites out, and what a backup needs of them on the way.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::prerequisites::{Finding, Trouble};
use super::state::State;
use crate::backup::encryption::Recipients;
use crate::backup::make::{Left, left_out};
use crate::backup::place;
use crate::backup::settings::LEAST_RETENTION;
use crate::backup::stop::Stop;
use crate::backup::storage::{Api, Network, Role, Wanted, object_bytes, project_url, wanted_there};
use crate::database::{self, ConnectionUrl, PgTools, Session, clock};
use crate::environment::source::{Storage, is_storage_alone, resolve_source, resolve_storage};
use crate::fault::Fault;
use crate::harness::Context;
use crate::journal::Measure;

/// How long a program may take that only says its version.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a backup needs of the prerequisites.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) source: Option<Source>,
    pub(super) tools: Option<PgTools>,
    pub(super) api: Option<Api>,
    pub(super) recipients: Option<Recipients>,
}

/// Where the data come from.
pub(super) struct Source {
    pub(super) environment: String,
    /// The database's; nothing where storage is all that is configured.
    pub(super) url: Option<ConnectionUrl>,
    storage: Storage,
    /// About how many bytes there are; for what is left to do, and for the room that it takes.
    pub(super) estimate: u64,
    /// The bytes of the objects that are copied too.
    objects: u64,
    /// The server's version, once it was asked: 150018 is 15.18.
    version: Option<i32>,
    tools: Option<std::path::PathBuf>,
}

impl Source {
    /// Where it is, without keys or passwords.
    pub(super) fn shown(&self) -> String {
        match (&self.url, &self.storage) {
            (Some(url), _) => url.shown(),
            (None, Storage::There(url, _)) => {
                format!("storage of {}", project_url(url).unwrap_or_default())
            }
            (None, _) => self.environment.clone(),
        }
    }

    /// The database's URL.
    fn database(&self) -> Result<&ConnectionUrl, Trouble> {
        let reason = || format!("no database is configured for {}", self.environment);
        self.url.as_ref().ok_or_else(|| Trouble::Skipped(reason()))
    }
}

/// What was found of one prerequisite.
type Found = Result<(), Trouble>;

/// Finds one prerequisite out.
type Step = fn(&mut Gathering<'_>) -> Found;

/// Finds everything out.
pub(super) fn all(state: &State, context: &Context) -> (Vec<Finding>, Gathered) {
    let mut gathering =
        Gathering { state, context, gathered: Gathered::default(), measured: Vec::new() };
    let steps: [(&'static str, Step); 10] = [
        ("credentials", |it| it.credentials()),
        ("source", |it| it.source()),
        ("read-only", |it| it.read_only()),
        ("privileges", |it| it.privileges()),
        ("tools", |it| it.tools()),
        ("location", |it| it.location()),
        ("retention", |it| it.retention()),
        ("encryption", |it| it.encryption()),
        ("storage", |it| it.storage()),
        ("supabase-cli", |it| it.supabase_cli()),
    ];
    let findings = steps.map(|(name, step)| {
        let result = step(&mut gathering);
        Finding { name, measured: std::mem::take(&mut gathering.measured), result }
    });
    (findings.into(), gathering.gathered)
}

struct Gathering<'a> {
    state: &'a State,
    context: &'a Context,
    gathered: Gathered,
    measured: Vec<Measure>,
}

impl Gathering<'_> {
    fn credentials(&mut self) -> Found {
        let redactor = self.context.redactor();
        let settings = &self.state.settings;
        let tools = settings.tools.as_ref().map(|tools| self.state.root.join(tools));
        let (environment, text, storage, tools) = match self.context.source.clone() {
            Some(own) => {
                let storage = own.storage;
                let storage =
                    storage.map_or(Storage::Unsaid, |(url, key)| Storage::There(url, key));
                (self.context.environment().to_owned(), Some(own.database), storage, own.tools)
            }
            None if is_storage_alone(&self.state.environments, &settings.source) => {
                let name = settings.source.clone();
                let found = resolve_storage(&self.state.environments, &name, redactor);
                let (url, key) = found.map_err(|problems| place::told(&problems))?;
                (name, None, Storage::There(url, key), tools)
            }
            None => {
                let name = settings.source.clone();
                let found = resolve_source(&self.state.environments, &name, redactor);
                let (found, storage) = found.map_err(|problems| place::told(&problems))?;
                (name, Some(found.url), storage, tools)
            }
        };
        let url = text.as_deref().map(ConnectionUrl::parse).transpose()?;
        if let Some(password) = url.as_ref().and_then(ConnectionUrl::password) {
            redactor.learn(password);
        }
        if let Storage::There(_, key) = &storage {
            redactor.learn(key);
        }
        text.as_deref().map(|text| redactor.learn(text));
        self.gathered.source = Some(Source {
            environment,
            url,
            storage,
            estimate: 0,
            objects: 0,
            version: None,
            tools,
        });
        Ok(())
    }

    fn source(&mut self) -> Found {
        let Some(source) = &mut self.gathered.source else {
            return Err(Trouble::Needs("credentials"));
        };
        let url = source.database()?.clone();
        let settings = &self.state.settings;
        let excluded = left_out(&settings.exclude, Left::Rows);
        let copies = settings.contents && matches!(source.storage, Storage::There(..));
        let copied = copies.then(|| Wanted::of(&settings.buckets));
        let begun = Instant::now();
        let asked = self.context.runtime().block_on(async {
            let session = Session::open(&url, "smokedrill prerequisites").await?;
            let estimate = database::estimate(&session, &excluded).await?;
            let objects = match &copied {
                Some(wanted) => object_bytes(session.client(), wanted).await?,
                None => 0,
            };
            let ahead = clock::ahead(&session).await?;
            Ok::<_, Fault>((session.server_version(), estimate, objects, ahead))
        });
        let (version, estimate, objects, ahead) = asked?;
        if let Some(note) = clock::differs(ahead) {
            self.context.note(&note);
        }
        self.measured.push(Measure::seconds("answered in", begun.elapsed().as_secs_f64()));
        self.measured.push(Measure::bytes("database", estimate.database_bytes));
        self.measured.push(Measure::count("tables", estimate.tables.len() as u64));
        source.version = Some(version);
        source.estimate = estimate.bytes();
        if copied.is_some() {
            self.measured.push(Measure::bytes("objects", objects));
        }
        source.objects = objects;
        Ok(())
    }

    /// The source, once its database has answered.
    fn answered(&self) -> Result<(&Source, &ConnectionUrl, i32), Trouble> {
        let source = self.gathered.source.as_ref().ok_or(Trouble::Needs("credentials"))?;
        let url = source.database()?;
        Ok((source, url, source.version.ok_or(Trouble::Needs("source"))?))
    }

    /// Our own sessions are read-only in any case; `pg_dump`'s on what reaches the server.
    fn read_only(&mut self) -> Found {
        let (_, url, _) = self.answered()?;
        self.context.runtime().block_on(async {
            let session = Session::open(url, "smokedrill prerequisites").await?;
            database::keeper(&session).await
        })?;
        Ok(())
    }

    fn privileges(&mut self) -> Found {
        let (_, url, _) = self.answered()?;
        let exclude = &self.state.settings.exclude;
        let (whole, rows) = (left_out(exclude, Left::Whole), left_out(exclude, Left::Rows));
        let privileges = self.context.runtime().block_on(async {
            let session = Session::open(url, "smokedrill prerequisites").await?;
            database::privileges(&session, &whole, &rows).await
        })?;
        let redactor = self.context.redactor();
        let shown = |text: &str| redactor.secrets(text) == text;
        privileges.fault(shown).map_or(Ok(()), |fault| Err(fault.into()))
    }

    fn tools(&mut self) -> Found {
        let (source, _, version) = self.answered()?;
        let tools = PgTools::find(source.tools.as_deref(), version)?;
        self.measured
            .push(Measure::count("major version", u64::from(tools.major().unsigned_abs())));
        self.gathered.tools = Some(tools);
        Ok(())
    }

    fn location(&mut self) -> Found {
        let store = self.state.store(self.context)?;
        let room = store.probe()?;
        let Some(free) = room.free else { return Ok(()) };
        let free = Measure::bytes("free", free);
        // Compressed it takes less; but to run full halfway is worse than to ask for too much.
        let needed =
            self.answered().map(|(source, ..)| source.estimate.saturating_add(source.objects));
        let free = needed.map_or(free.clone(), |needed| free.at_least(needed as f64));
        self.measured.push(free.clone());
        match free.holds() {
            true => Ok(()),
            false => {
                let help = "free some space, choose another `location`, or prune old backups \
                            (`smokedrill backup prune`)";
                let fault = Fault::errored(format!("too little room: {free}"));
                Err(fault.object(store.shown()).help(help).into())
            }
        }
    }

    fn retention(&mut self) -> Found {
        let keep = self.state.settings.retention.keep.as_secs_f64();
        let measure = Measure::seconds("kept for", keep).at_least(LEAST_RETENTION.as_secs_f64());
        self.measured.push(measure.clone());
        match measure.holds() {
            true => Ok(()),
            false => Err(Fault::failed(measure).into()),
        }
    }

    fn encryption(&mut self) -> Found {
        let settings = &self.state.settings;
        if settings.recipients.is_empty() {
            let reason = "no public key is configured (`recipients` in suites/drill.toml): \
                          backups are not encrypted";
            return Err(Trouble::Skipped(reason.to_owned()));
        }
        let recipients = Recipients::parse(&settings.recipients, &settings.folder)?;
        self.measured.push(Measure::count("public keys", recipients.shown().len() as u64));
        self.gathered.recipients = Some(recipients);
        Ok(())
    }

    fn storage(&mut self) -> Found {
        let source = self.gathered.source.as_ref().ok_or(Trouble::Needs("credentials"))?;
        if self.state.settings.buckets.is_empty() {
            if source.url.is_none() {
                let help = "name them, or `[\"*\"]` for all, or configure a database";
                let message = "there is nothing to back up: neither a database nor a bucket is \
                               configured (`buckets` in suites/drill.toml)";
                return Err(Fault::usage(message).help(help).into());
            }
            let reason = "no bucket is configured (`buckets` in suites/drill.toml)";
            return Err(Trouble::Skipped(reason.to_owned()));
        }
        let (url, key) = match &source.storage {
            Storage::There(url, key) => (url, key),
            Storage::Unset(..) | Storage::Unsaid if self.state.settings.contents => {
                let message = "`contents = true` asks for the objects' contents, and there is no \
                               storage API to copy them from";
                let help = match &source.storage {
                    Storage::Unset(url, key) => format!("set `{url}` and `{key}`"),
                    _ => format!("write [environment.{}.storage]", source.environment),
                };
                let help = format!("{help}; or write `contents = false` in suites/drill.toml");
                return Err(Fault::usage(message).help(help).into());
            }
            Storage::Unset(url, key) => {
                let reason = format!(
                    "no storage API is configured (neither `{url}` nor `{key}` is set): what the \
                     database says is not compared"
                );
                return Err(Trouble::Skipped(reason));
            }
            Storage::Unsaid => {
                let reason = "no storage API is configured: what the database says is not compared";
                return Err(Trouble::Skipped(reason.to_owned()));
            }
        };
        let api = Api::new(url, key, &Network::default())?;
        if api.role() != Role::Service {
            let help = "use the service-role key or a secret key (sb_secret_…)";
            let message = "the key is not known to see everything: what it does not list may be \
                           there all the same";
            return Err(Fault::errored(message).stage("storage API").help(help).into());
        }
        let stop = Stop::default();
        let _listening = self.context.stop_with(&stop);
        let wanted = Wanted::of(&self.state.settings.buckets);
        let found = self.context.runtime().block_on(wanted_there(&api, &wanted, &stop))?;
        self.measured.push(Measure::count("buckets", found));
        self.gathered.api = Some(api);
        Ok(())
    }

    fn supabase_cli(&mut self) -> Found {
        let source = self.gathered.source.as_ref();
        source.map(Source::database).transpose()?;
        if !self.state.settings.supabase_cli {
            let reason = "not used (`[supabase] cli` in suites/drill.toml)";
            return Err(Trouble::Skipped(reason.to_owned()));
        }
        if !runs(Command::new("supabase").arg("--version")) {
            let help = "install it (https://supabase.com/docs/guides/cli), or write \
                        `[supabase] cli = false` where it is not used";
            return Err(Fault::errored("`supabase --version` does not run").help(help).into());
        }
        let token = std::env::var("SUPABASE_ACCESS_TOKEN").is_ok_and(|token| !token.is_empty());
        let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
        let file = home.map(|home| home.join(".supabase/access-token"));
        if !token && !file.is_some_and(|file| file.is_file()) {
            let help = "run `supabase login`, or export SUPABASE_ACCESS_TOKEN";
            return Err(Fault::errored("the Supabase CLI is not logged in").help(help).into());
        }
        self.linked()
    }

    /// Whether the project that the CLI is linked to is the source's.
    fn linked(&self) -> Found {
        let link = self.state.root.join("supabase/.temp/project-ref");
        let linked = std::fs::read_to_string(link).unwrap_or_default().trim().to_owned();
        let source =
            self.gathered.source.as_ref().and_then(|source| source.url.as_ref()?.project());
        match source {
            Some(source) if !linked.is_empty() && linked != source => {
                let help = format!("run `supabase link --project-ref {source}`");
                let message = format!("it is linked to the project {linked}, not to {source}");
                Err(Fault::errored(message).stage("Supabase CLI").help(help).into())
            }
            _ => Ok(()),
        }
    }
}

/// Whether a program runs to a good end, within a time in which it surely should.
fn runs(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}
