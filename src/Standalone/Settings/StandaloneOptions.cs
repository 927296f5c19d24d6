using System.Net;
using Krewe.Launch;

namespace Krewe.Standalone;

/// <summary>What the person who starts the program can set. Null leaves a value to the part of the program that it is for.</summary>
internal sealed class StandaloneOptions : IModelOptions, IHttpOptions, ILogOptions, IHealthOptions
{
    /// <summary>The folder of models.</summary>
    public string Models { get; set; } = "";

    /// <summary>The folder where decisions about traffic are kept; null for one in the folder of models.</summary>
    public string? State { get; set; }

    /// <summary>The address to listen on.</summary>
    public IPAddress Bind { get; set; } = IPAddress.Loopback;

    /// <summary>The port to listen on; 0 takes any free one.</summary>
    public int HttpPort { get; set; } = 8000;

    /// <summary>Bytes that loaded models may take together.</summary>
    public long? MemoryBudgetBytes { get; set; }

    /// <summary>After how long without a call a model leaves memory; infinite for never.</summary>
    public TimeSpan? IdleTime { get; set; }

    /// <summary>Threads that run models.</summary>
    public int? Runners { get; set; }

    /// <summary>Threads that load models.</summary>
    public int? LoadThreads { get; set; }

    /// <summary>Threads inside one operator of a model.</summary>
    public int? IntraOpThreads { get; set; }

    /// <summary>The largest request body.</summary>
    public long? MaxBodyBytes { get; set; }

    /// <summary>Whether versions can be published and deleted.</summary>
    public bool? Publish { get; set; }

    /// <summary>The largest version that can be published.</summary>
    public long? MaxPublishBytes { get; set; }

    /// <summary>The longest time one request may take.</summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>The header in which callers give the key of their calls.</summary>
    public string? RouteKeyHeader { get; set; }

    /// <summary>How often the folder of models is looked at.</summary>
    public TimeSpan? PollInterval { get; set; }

    /// <summary>True for one JSON object for each event, false for one line of text.</summary>
    public bool JsonLogs { get; set; }

    /// <summary>The least level of event that is logged.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    public string? Health { get; set; }
}
