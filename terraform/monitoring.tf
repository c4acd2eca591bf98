# Metrics out of log events, alerts with a runbook each, and a dashboard of both.

resource "google_logging_metric" "event" {
  for_each = local.data.metrics

  name        = each.key
  description = each.value.description
  filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.event=\"${each.value.event}\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }

  depends_on = [google_project_service.service]
}

# Cloud Monitoring refuses a policy that names a metric which was made in the last minutes (404), and says that this may take ten:
# https://github.com/hashicorp/terraform-provider-google/issues/11102. So an apply that adds a metric waits, and no other does.
resource "terraform_data" "metrics_known" {
  triggers_replace = keys(google_logging_metric.event)

  provisioner "local-exec" {
    command = "sleep 600"
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.alert_emails)

  display_name = each.key
  type         = "email"
  labels       = { email_address = each.key }

  depends_on = [google_project_service.service]
}

resource "google_monitoring_alert_policy" "alert" {
  for_each = local.data.alerts

  display_name          = each.value.title
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = [for channel in google_monitoring_notification_channel.email : channel.id]

  dynamic "conditions" {
    for_each = each.value.conditions

    content {
      display_name = conditions.value.title

      dynamic "condition_threshold" {
        for_each = conditions.value.above == null ? [] : [conditions.value]

        content {
          filter             = condition_threshold.value.filter
          denominator_filter = condition_threshold.value.denominatorFilter
          comparison         = "COMPARISON_GT"
          threshold_value    = condition_threshold.value.above
          duration           = "${condition_threshold.value.durationSeconds}s"

          aggregations {
            alignment_period     = "${condition_threshold.value.alignmentSeconds}s"
            per_series_aligner   = condition_threshold.value.aligner
            cross_series_reducer = condition_threshold.value.reducer
            group_by_fields      = condition_threshold.value.groupBy
          }

          dynamic "denominator_aggregations" {
            for_each = condition_threshold.value.denominatorFilter == null ? [] : [condition_threshold.value]

            content {
              alignment_period     = "${denominator_aggregations.value.alignmentSeconds}s"
              per_series_aligner   = denominator_aggregations.value.aligner
              cross_series_reducer = denominator_aggregations.value.reducer
              group_by_fields      = denominator_aggregations.value.groupBy
            }
          }
        }
      }

      dynamic "condition_absent" {
        for_each = conditions.value.above == null ? [conditions.value] : []

        content {
          filter   = condition_absent.value.filter
          duration = "${condition_absent.value.durationSeconds}s"

          aggregations {
            alignment_period     = "${condition_absent.value.alignmentSeconds}s"
            per_series_aligner   = condition_absent.value.aligner
            cross_series_reducer = condition_absent.value.reducer
            group_by_fields      = condition_absent.value.groupBy
          }
        }
      }
    }
  }

  alert_strategy {
    auto_close           = "86400s"
    notification_prompts = ["OPENED", "CLOSED"]
  }

  documentation {
    mime_type = "text/markdown"
    content   = "What it means and what to do: [runbook](${var.repository_url}/blob/main/${each.value.runbook})"

    links {
      display_name = "Runbook"
      url          = "${var.repository_url}/blob/main/${each.value.runbook}"
    }
  }

  lifecycle {
    precondition {
      condition     = fileexists("${path.module}/../${each.value.runbook}")
      error_message = "The alert ${each.key} has no page ${each.value.runbook}."
    }
  }

  # A policy may only name a metric that Cloud Monitoring knows.
  depends_on = [terraform_data.metrics_known]
}

locals {
  # A chart for each alert's conditions, then one for each event that is counted.
  charts = concat(
    flatten([
      for name, alert in local.data.alerts : [
        for condition in alert.conditions : {
          title = "${alert.title}: ${condition.title}"
          limit = condition.above
          filter = {
            filter = condition.filter
            aggregation = {
              alignmentPeriod    = "${condition.alignmentSeconds}s"
              perSeriesAligner   = condition.aligner
              crossSeriesReducer = condition.reducer
              groupByFields      = condition.groupBy
            }
          }
          denominator = condition.denominatorFilter
        }
      ]
    ]),
    [
      for name, metric in local.data.metrics : {
        title = metric.description
        limit = null
        filter = {
          filter = "metric.type = \"logging.googleapis.com/user/${name}\" AND resource.type = \"cloud_run_revision\""
          aggregation = {
            alignmentPeriod    = "300s"
            perSeriesAligner   = "ALIGN_DELTA"
            crossSeriesReducer = "REDUCE_SUM"
            groupByFields      = []
          }
        }
        denominator = null
      }
    ],
  )
}

resource "google_monitoring_dashboard" "main" {
  dashboard_json = jsonencode({
    displayName = "Reverie"
    mosaicLayout = {
      columns = 48
      tiles = [
        for index, chart in local.charts : {
          xPos   = (index % 3) * 16
          yPos   = floor(index / 3) * 12
          width  = 16
          height = 12
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = merge(
                  chart.denominator == null ? { timeSeriesFilter = chart.filter } : {},
                  chart.denominator == null ? {} : {
                    timeSeriesFilterRatio = {
                      numerator   = chart.filter
                      denominator = merge(chart.filter, { filter = chart.denominator })
                    }
                  },
                )
              }]
              thresholds = chart.limit == null ? [] : [{ value = chart.limit }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_logging_metric.event]
}
