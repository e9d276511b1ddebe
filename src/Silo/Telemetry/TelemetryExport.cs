using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using ReflectDiT.Eval.Ledger;
using ReflectDiT.Eval.Runner;
using ReflectDiT.Eval.Runner.Telemetry;

namespace ReflectDiT.Eval.Silo.Telemetry;

/// <summary>
/// Hands out what this process measures: its metrics to whoever scrapes them, and metrics and traces to the OTLP endpoint
/// that the standard variables name. Without such a variable nothing is sent, and nobody listens to the traces.
/// </summary>
public sealed class TelemetryExport : IDisposable
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string MetricsEndpoint = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    private static readonly string[] Meters =
    [
        WorkerMetrics.Name,
        "Microsoft.Orleans",
        "Npgsql",
        "Microsoft.AspNetCore.Hosting",
        "Microsoft.AspNetCore.Server.Kestrel",
        "System.Net.Http",
        "System.Runtime",
    ];

    private readonly WorkerGauges _gauges;
    private readonly TracerProvider? _traces;

    /// <param name="progress">Of the worker of this process.</param>
    /// <param name="scraped">Whether <see cref="Metrics"/> are scraped.</param>
    public TelemetryExport(RunProgress progress, bool scraped)
    {
        _gauges = new(progress);
        if (scraped || IsSet(Endpoint) || IsSet(MetricsEndpoint))
        {
            var metrics = Sdk.CreateMeterProviderBuilder().ConfigureResource(Describe).AddMeter(Meters)
                // They name each silo that ever was.
                .AddView("orleans-messaging-pings-*", new MetricStreamConfiguration { TagKeys = [] });
            if (scraped)
            {
                metrics.AddPrometheusExporter(o => o.ScopeInfoEnabled = false);
            }

            if (IsSet(Endpoint) || IsSet(MetricsEndpoint))
            {
                metrics.AddOtlpExporter();
            }

            Metrics = metrics.Build();
            WorkerMetrics.Begin();
        }

        if (IsSet(Endpoint) || IsSet(TracesEndpoint))
        {
            _traces = Sdk.CreateTracerProviderBuilder().ConfigureResource(Describe).AddSource(WorkerMetrics.Name)
                .AddOtlpExporter().Build();
        }
    }

    /// <summary>Null when nobody is to have them.</summary>
    public MeterProvider? Metrics { get; }

    /// <summary>Sends what was not sent yet.</summary>
    public void Dispose()
    {
        _traces?.Dispose();
        Metrics?.Dispose();
        _gauges.Dispose();
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    /// <summary>OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES go first.</summary>
    private static void Describe(ResourceBuilder resource) => resource.Clear()
        .AddService(
            "reflectdit",
            serviceVersion: WorkerReport.Build,
            serviceInstanceId: $"{Environment.MachineName}-{Environment.ProcessId}")
        .AddTelemetrySdk()
        .AddEnvironmentVariableDetector();
}
