# One service account for each function, and one for each of those that no function runs as.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "reverie-${each.key}"
  display_name = each.key
  description  = each.value.purpose

  depends_on = [google_project_service.service]
}

resource "google_service_account" "other" {
  for_each = local.other_accounts

  account_id   = "reverie-${each.key}"
  display_name = each.key
  description  = "Runs no function; ${length(each.value.grants)} grants in reverie.json say what for."

  depends_on = [google_project_service.service]
}

# Builds the functions' images out of their zips.
resource "google_service_account" "builder" {
  account_id   = "reverie-builder"
  display_name = "builder"
  description  = "Builds functions out of their zips."

  depends_on = [google_project_service.service]
}
