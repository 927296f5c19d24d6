using System.Net;
using Krewe.Launch.Health;
using Krewe.Launch.Http;
using Krewe.Launch.Logging;
using Krewe.Launch.Members;

namespace Krewe.Gateway.Settings;

/// <summary>What the person who starts a gateway can set. Null leaves a value to the part of the program that it is for.</summary>
internal sealed class GatewayOptions : IMemberOptions, IHttpOptions, ILogOptions, IHealthOptions
{
    public string Database { get; set; } = "";

    public string? DatabasePassword { get; set; }

    public TimeSpan DatabaseWait { get; set; } = TimeSpan.FromSeconds(60);

    public string ClusterId { get; set; } = "krewe";

    public string? SiloName { get; set; }

    public int SiloPort { get; set; }

    public string Advertise { get; set; } = "127.0.0.1";

    /// <summary>The port of the HTTP API; 0 takes any free one.</summary>
    public int HttpPort { get; set; } = 8000;

    public IPAddress Bind { get; set; } = IPAddress.Loopback;

    public long? MaxBodyBytes { get; set; }

    public bool? Publish { get; set; }

    public long? MaxPublishBytes { get; set; }

    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>The header in which callers give the key of their calls.</summary>
    public string? RouteKeyHeader { get; set; }

    /// <summary>Inferences under way in the cluster at once.</summary>
    public int? MaxOutstanding { get; set; }

    /// <summary>Inferences under way at once for one version.</summary>
    public int? MaxOutstandingPerVersion { get; set; }

    /// <summary>Bytes of inputs under way at once.</summary>
    public long? MaxInputBytes { get; set; }

    /// <summary>Whether inferences under way are asked after.</summary>
    public bool CallWatch { get; set; } = true;

    public bool JsonLogs { get; set; }

    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    public string? Health { get; set; }
}
