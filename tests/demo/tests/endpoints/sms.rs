//! The SMS stand-in answers as Twilio does to a test account, and with a fault as documented.

use crate::support::{Answer, request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use smokedrill_demo::{Sms, SmsFault};

fn post(sms: &Sms, token: &str, form: &str) -> Answer {
    post_to(sms, "Messages.json", token, form)
}

fn post_to(sms: &Sms, resource: &str, token: &str, form: &str) -> Answer {
    let path = format!("/2010-04-01/Accounts/{}/{resource}", sms.account());
    let pair = STANDARD.encode(format!("{}:{token}", sms.account()));
    let basic = format!("Basic {pair}");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let headers = [("Authorization", basic.as_str()), kind];
    request(sms.base_url(), "POST", &path, &headers, form).unwrap()
}

fn form(from: &str, to: &str) -> String {
    format!("From=%2B{from}&To=%2B{to}&Body=A+text%2C+100%25")
}

#[test]
fn a_message_is_taken_and_magic_numbers_are_refused() {
    let sms = Sms::start().unwrap();
    let taken = post(&sms, sms.auth_token(), &form("15005550006", "15005551234"));
    let message = taken.json();
    assert_eq!((taken.status, message["status"].as_str()), (201, Some("queued")));
    assert_eq!(message["body"], "A text, 100%");
    assert_eq!(message["account_sid"], sms.account());
    assert!(message["sid"].as_str().unwrap().starts_with("SM") && message["error_code"].is_null());
    for (from, to, code) in [
        ("15005550001", "15005551234", 21212),
        ("15005550007", "15005551234", 21606),
        ("15005550008", "15005551234", 21611),
        ("15551234567", "15005551234", 21606),
        ("15005550006", "15005550001", 21211),
        ("15005550006", "15005550002", 21612),
        ("15005550006", "15005550003", 21408),
        ("15005550006", "15005550004", 21610),
        ("15005550006", "15005550009", 21614),
        ("15005550006", "12", 21211),
    ] {
        let refused = post(&sms, sms.auth_token(), &form(from, to));
        assert_eq!(
            (refused.status, refused.json()["code"].as_u64()),
            (400, Some(code)),
            "{from} {to}"
        );
    }
    for (form, code) in [("", 21604), ("To=%2B1500", 21603), ("To=%2B1500&From=%2B1500", 21602)] {
        assert_eq!(post(&sms, sms.auth_token(), form).json()["code"], code, "{form}");
    }
    let refused = post(&sms, "another token", &form("15005550006", "15005551234"));
    assert_eq!((refused.status, refused.json()["code"].as_u64()), (401, Some(20003)));
    assert!(refused.header("www-authenticate").unwrap().starts_with("Basic"));
    let other = post_to(&sms, "Calls.json", sms.auth_token(), "");
    assert_eq!((other.status, other.json()["code"].as_u64()), (403, Some(20008)));
}

#[test]
fn each_fault_breaks_what_it_says() {
    for fault in SmsFault::ALL {
        let sms = Sms::broken(fault).unwrap();
        let good = form("15005550006", "15005551234");
        let taken = post(&sms, sms.auth_token(), &good);
        let foreign = post(&sms, "another token", &good).status;
        let wrong = post(&sms, sms.auth_token(), &form("15005550006", "15005550001")).status;
        let told = (taken.status, foreign, wrong);
        match fault {
            SmsFault::Unauthorized => assert_eq!(told, (401, 401, 401)),
            SmsFault::Open => assert_eq!(told, (201, 201, 400)),
            SmsFault::AnyNumber => assert_eq!(told, (201, 401, 201)),
            SmsFault::Failing => {
                assert_eq!(told, (201, 401, 400));
                assert_eq!(taken.json()["status"], "failed");
            }
            SmsFault::Unavailable => assert_eq!(told, (503, 503, 503)),
        }
    }
}
