# The one origin. By default it is Firebase Hosting, whose files and rewrites go up by `firebase deploy --only hosting`. With
# edge = "load_balancer" an external load balancer stands before the functions, and takes static files from Hosting.

locals {
  balanced = var.edge == "load_balancer" ? 1 : 0

  # Functions that a path of the origin leads to.
  served = { for name, entry in local.functions : name => entry if length(try(entry.trigger.paths, [])) > 0 }

  # Hosting's globs are path templates too. The first that fits counts: those with a part left open before those that end in /**, and last the
  # path of all paths that no function has, which get a problem document and not Hosting's page.
  served_paths = flatten([for name, entry in local.served : [for path in entry.trigger.paths : { path = path, function = name }]])
  routes = concat(
    [for route in local.served_paths : route if strcontains(route.path, "/*/")],
    [for route in local.served_paths : route if !strcontains(route.path, "/*/")],
    [{ path = local.data.fallback.path, function = local.data.fallback.function }],
  )
}

resource "google_compute_region_network_endpoint_group" "function" {
  for_each = local.balanced == 1 ? local.served : {}

  name                  = each.key
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloudfunctions2_function.function[each.key].name
  }
}

resource "google_compute_backend_service" "function" {
  for_each = local.balanced == 1 ? local.served : {}

  name                  = each.key
  load_balancing_scheme = "EXTERNAL_MANAGED"
  protocol              = "HTTPS"
  security_policy       = google_compute_security_policy.edge[0].id

  # Written over what a caller sends under this name.
  custom_request_headers = ["X-Client-Address: {client_ip_address}"]

  backend {
    group = google_compute_region_network_endpoint_group.function[each.key].id
  }

  log_config {
    enable = false
  }
}

# Hosting, for static files.
resource "google_compute_global_network_endpoint_group" "hosting" {
  count = local.balanced

  name                  = "hosting"
  network_endpoint_type = "INTERNET_FQDN_PORT"
  default_port          = 443
}

resource "google_compute_global_network_endpoint" "hosting" {
  count = local.balanced

  global_network_endpoint_group = google_compute_global_network_endpoint_group.hosting[0].id
  fqdn                          = "${var.project_id}.web.app"
  port                          = 443
}

resource "google_compute_backend_service" "hosting" {
  count = local.balanced

  name                   = "hosting"
  load_balancing_scheme  = "EXTERNAL_MANAGED"
  protocol               = "HTTPS"
  security_policy        = google_compute_security_policy.edge[0].id
  custom_request_headers = ["Host: ${var.project_id}.web.app"]

  backend {
    group = google_compute_global_network_endpoint_group.hosting[0].id
  }

  log_config {
    enable = false
  }
}

resource "google_compute_security_policy" "edge" {
  count = local.balanced

  name        = "edge"
  description = "Slows down an address that asks too much; the functions' own limits are finer."

  rule {
    priority    = 1000
    action      = "throttle"
    description = "Requests a minute from one address."

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.requests_per_address
        interval_sec = 60
      }
    }
  }

  rule {
    priority    = 2147483647
    action      = "allow"
    description = "Everything else."

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }
  }

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = true
    }
  }
}

resource "google_compute_url_map" "edge" {
  count = local.balanced

  name            = "edge"
  default_service = google_compute_backend_service.hosting[0].id

  host_rule {
    hosts        = [var.domain]
    path_matcher = "origin"
  }

  path_matcher {
    name            = "origin"
    default_service = google_compute_backend_service.hosting[0].id

    dynamic "route_rules" {
      for_each = local.routes

      content {
        priority = route_rules.key + 1
        service  = google_compute_backend_service.function[route_rules.value.function].id

        match_rules {
          path_template_match = route_rules.value.path
        }
      }
    }
  }
}

resource "google_compute_managed_ssl_certificate" "edge" {
  count = local.balanced

  name = "edge"

  managed {
    domains = [var.domain]
  }
}

resource "google_compute_target_https_proxy" "edge" {
  count = local.balanced

  name             = "edge"
  url_map          = google_compute_url_map.edge[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.edge[0].id]
}

resource "google_compute_global_address" "edge" {
  count = local.balanced

  name = "edge"

  depends_on = [google_project_service.service]
}

resource "google_compute_global_forwarding_rule" "edge" {
  count = local.balanced

  name                  = "edge"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.edge[0].id
  port_range            = "443"
  target                = google_compute_target_https_proxy.edge[0].id
}
