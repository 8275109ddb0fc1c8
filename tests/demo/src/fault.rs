/// One thing that is wrong with an API. Each breaks one endpoint in one way, and nothing else.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Fault {
    /// `/api/health` answers 202, with the body it should have.
    WrongStatus,
    /// `/api/health` answers 200, with `{"ok":false}`.
    NotOk,
    /// `/api/ready` answers 503: its database check cannot connect. The other checks pass.
    DatabaseDown,
    /// `/api/ready` answers 503: its migrations check misses a migration. The other checks pass.
    PendingMigration,
    /// In `/api/ops/samples`, `job_latency_p95_ms` is a JSON string of the number.
    StringForNumber,
    /// `/api/ops/samples` answers 200 and `application/json`, with a body cut in half.
    BrokenJson,
    /// `/api/ops/samples` answers rightly, after 2.5 seconds.
    Slow,
    /// The CSV of `/api/reports/upcoming-reminders` has no column `channel`.
    MissingCsvColumn,
    /// The CSV of `/api/reports/upcoming-reminders` has its header and no row.
    EmptyReport,
    /// The CSV of `/api/reports/upcoming-reminders` says that it is `text/html; charset=utf-8`.
    WrongContentType,
    /// `/api/reports/upcoming-reminders` answers 500.
    ServerError,
    /// `/api/uploads/sign` needs no credential. A false one is refused still.
    OpenSign,
    /// `/api/uploads/sign` takes any bearer token. A request without one is refused still.
    AnyToken,
    /// The 401 of `/api/customers` holds the first customers in its body. The 403 holds none.
    LeakingRefusal,
}

impl Fault {
    /// Every fault, in the order of the endpoints.
    pub const ALL: [Fault; 14] = [
        Fault::WrongStatus,
        Fault::NotOk,
        Fault::DatabaseDown,
        Fault::PendingMigration,
        Fault::StringForNumber,
        Fault::BrokenJson,
        Fault::Slow,
        Fault::MissingCsvColumn,
        Fault::EmptyReport,
        Fault::WrongContentType,
        Fault::ServerError,
        Fault::OpenSign,
        Fault::AnyToken,
        Fault::LeakingRefusal,
    ];
}
