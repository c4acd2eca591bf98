# What has to be there before a build can put something into it: `terraform apply -target=terraform_data.foundation` makes the buckets
# of bundles, the repository of images and the empty secrets, and what those need.

resource "terraform_data" "foundation" {
  input = {
    bundles = google_storage_bucket.bundles.name
    images  = google_artifact_registry_repository.images.name
    secrets = [for secret in google_secret_manager_secret.secret : secret.secret_id]
  }
}
