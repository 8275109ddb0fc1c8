//! The shop's smoke test: an environment of its own, and checks that data cannot express.

use smokedrill::{Failure, Harness, Running};

struct Shop;

impl Drop for Shop {
    fn drop(&mut self) {
        eprintln!("the shop is closed");
    }
}

fn main() -> std::process::ExitCode {
    Harness::new()
        .environment("local", || {
            let url = std::env::var("SHOP_URL").map_err(|_| "SHOP_URL is not set")?;
            Ok(Running::new(url).secret("shop_secret", "shop-s3cret").keep(Shop))
        })
        .check("shop::total-is-positive", |context| {
            let host = context.base_url().trim_start_matches("http://");
            std::net::TcpStream::connect(host)?;
            match context.environment() {
                "local" => Ok(()),
                other => Err(Failure::failed(format!("a shop in {other}"))),
            }
        })
        .check("rust::panics", |context| {
            let secret = context.variable("shop_secret").and_then(|value| value.as_str());
            panic!("totals must add up, {} included", secret.unwrap_or("nothing"));
        })
        .check("rust::cannot-judge", |_| {
            std::fs::read("no/such/file")?;
            Ok(())
        })
        .main()
}
