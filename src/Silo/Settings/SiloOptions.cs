using System.Collections.Immutable;
using System.Net;
using Krewe.Abstractions.Hosting;
using Krewe.Launch.Health;
using Krewe.Launch.Http;
using Krewe.Launch.Logging;
using Krewe.Launch.Members;
using Krewe.Launch.Models;

namespace Krewe.Silo.Settings;

/// <summary>What the person who starts a silo can set. Null leaves a value to the part of the program that it is for.</summary>
internal sealed class SiloOptions : IMemberOptions, IModelOptions, IHttpOptions, ILogOptions, IHealthOptions
{
    private string? siloName;
    private int? siloPort;
    private int? httpPort;

    public string Database { get; set; } = "";

    /// <summary>
    /// True for a silo by itself, which has the front door and keeps decisions in files; false for a member of a cluster.
    /// </summary>
    public bool IsAlone => Database.Length == 0;

    public string? DatabasePassword { get; set; }

    public TimeSpan DatabaseWait { get; set; } = TimeSpan.FromSeconds(60);

    public string ClusterId { get; set; } = "krewe";

    public string? SiloName
    {
        // By itself it has the same name after each start, wherever that is: what happened to it is recorded under it.
        get => siloName ?? (IsAlone ? "krewe" : null);
        set => siloName = value;
    }

    public int SiloPort
    {
        get => siloPort ?? (IsAlone ? 0 : 11111);
        set => siloPort = value;
    }

    /// <summary>The port for .NET clients outside the cluster; 0 takes any free one.</summary>
    public int ClientPort { get; set; } = 30000;

    public string Advertise { get; set; } = "127.0.0.1";

    /// <summary>True to bring the tables up to date and end.</summary>
    public bool InitDb { get; set; }

    public string Models { get; set; } = "";

    /// <summary>The folder where a silo by itself keeps what was decided; null for one in the folder of models.</summary>
    public string? State { get; set; }

    public long? MemoryBudgetBytes { get; set; }

    public TimeSpan? IdleTime { get; set; }

    public int? Runners { get; set; }

    public int? LoadThreads { get; set; }

    public int? IntraOpThreads { get; set; }

    public TimeSpan? PollInterval { get; set; }

    /// <summary>The execution providers models may run on, the processor always among them; default (no array) for all there are.</summary>
    public ImmutableArray<ExecutionProvider> Devices { get; set; }

    /// <summary>What the operator says of this silo, for people.</summary>
    public ImmutableDictionary<string, string> Labels { get; set; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The port of the HTTP API; 0 takes any free one; null for no API here.</summary>
    public int? HttpPort
    {
        get => httpPort ?? (IsAlone ? 8000 : null);
        set => httpPort = value;
    }

    public IPAddress Bind { get; set; } = IPAddress.Loopback;

    public long? MaxBodyBytes { get; set; }

    public bool? Publish { get; set; }

    public long? MaxPublishBytes { get; set; }

    public TimeSpan? RequestTimeout { get; set; }

    public string? RouteKeyHeader { get; set; }

    /// <summary>The port for operators; 0 takes any free one.</summary>
    public int AdminPort { get; set; } = 8081;

    /// <summary>The address of the port for operators.</summary>
    public IPAddress AdminBind { get; set; } = IPAddress.Loopback;

    /// <summary>The password of the port for operators; null for none, which only loopback allows.</summary>
    public string? AdminPassword { get; set; }

    /// <summary>The longest that a stop waits for replicas to move elsewhere.</summary>
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(30);

    public bool JsonLogs { get; set; }

    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    public string? Health { get; set; }
}
