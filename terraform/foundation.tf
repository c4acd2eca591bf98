# What has to be there before a build can put something into it: `terraform apply -target=terraform_data.foundation` makes the buckets
# of bundles, the repository of images and the empty secrets, and what those need.

resource "terraform_data" "foundation" {
  input = {
    bundles = google_storage_bucket.bundles.name
    images  = google_artifact_registry_repository.images.name
    secrets = [for secret in google_secret_manager_secret.secret : secret.secret_id]
  }
}

# What has to be there before the migrations run, and they run before the functions: `terraform apply -target=terraform_data.before_migrations` makes
# the database with its users and the job. New metrics are made here too, so that the wait for them goes by beside that for the database.
resource "terraform_data" "before_migrations" {
  input = one(google_cloud_run_v2_job.migrations[*].name)

  depends_on = [google_cloud_run_v2_job.migrations, terraform_data.metrics_known]
}
