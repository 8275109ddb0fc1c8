//! The settings of buckets over HTTP, read and written: `GET`, `POST` and `PUT` below `/bucket`.

use http::Method;
use serde_json::json;

use super::api::Api;
use super::listed::bucket;
use crate::backup::manifest::Bucket;
use crate::backup::stop::Stop;
use crate::fault::Fault;

/// The stage that this is named as.
const STAGE: &str = "storage set-up";

impl Api {
    /// Every bucket with its settings.
    ///
    /// # Errors
    /// The API does not answer as it should.
    pub(crate) async fn settings(&self, stop: &Stop) -> Result<Vec<Bucket>, Fault> {
        let all = self.buckets(STAGE, stop).await?;
        Ok(all.iter().filter_map(bucket).collect())
    }

    /// Makes a bucket, or gives one that is there these settings.
    ///
    /// # Errors
    /// The API refuses.
    pub(crate) async fn write_bucket(
        &self,
        bucket: &Bucket,
        is_there: bool,
        stop: &Stop,
    ) -> Result<(), Fault> {
        let place = |fault: Fault| fault.stage(STAGE).object(format!("bucket {}", bucket.id));
        let (method, path) = match is_there {
            true => (Method::PUT, format!("bucket/{}", bucket.id)),
            false => (Method::POST, "bucket".to_owned()),
        };
        let body = json!({
            "id": bucket.id,
            "name": bucket.id,
            "public": bucket.public,
            "file_size_limit": bucket.file_size_limit,
            "allowed_mime_types": bucket.allowed_mime_types,
        });
        let url = self.url(&path).map_err(place)?;
        match self.send(stop, method, &url, Some(&body)).await.map_err(place)? {
            Ok(_) => Ok(()),
            // The answer to the first try was lost on its way.
            Err(trouble) if !is_there && trouble.code.as_deref() == Some("BucketAlreadyExists") => {
                Box::pin(self.write_bucket(bucket, true, stop)).await
            }
            Err(trouble) => Err(place(trouble.fault(self.patience.tries))),
        }
    }
}
