output "origin" {
  description = "The one origin that phones and engines call."
  value       = local.origin
}

output "function_urls" {
  description = "Each function's own address."
  value       = local.function_urls
}

output "bundles_bucket" {
  description = "Where the zips go before an apply."
  value       = google_storage_bucket.bundles.name
}

output "image_repository" {
  description = "Where the image of the migrations' job goes."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}"
}

output "database_instance" {
  description = "The Cloud SQL instance."
  value       = google_sql_database_instance.main.name
}

output "edge_address" {
  description = "What the domain's A record names, with a load balancer."
  value       = one(google_compute_global_address.edge[*].address)
}

output "grants" {
  description = "Who may do what on what, and why."
  value = [
    for key, grant in local.grants : {
      account = grant.account
      role    = grant.role
      on      = join(" ", [for part in values(grant.on) : part])
      why     = grant.why
    }
  ]
}

output "console" {
  description = "What the console's config.json says of this deployment; npm run hosting reads it."
  # The API key names the project to Firebase's library in the page. Every visitor gets it, and it opens nothing by itself.
  sensitive = true
  value = {
    projectId    = var.project_id
    apiKey       = google_identity_platform_config.main.client[0].api_key
    eventsOrigin = var.edge == "load_balancer" ? local.origin : local.function_urls["streams"]
  }
}
