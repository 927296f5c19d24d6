using System.Net;
using Krewe.Abstractions.Tls;
using Krewe.Access.Settings;
using Krewe.Api.Settings;
using Krewe.Member;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Settings;

/// <summary>Options of every program: its own, and those of its libraries.</summary>
public class ProgramOptions
{
    /// <summary>Cluster membership.</summary>
    public MemberOptions Member { get; } = new();

    /// <summary>The IP address or host name that the other members reach this one at; looked up at the start.</summary>
    public string Advertise { get; set; } = "127.0.0.1";

    /// <summary>The HTTP API.</summary>
    public ApiOptions Api { get; } = new() { OwnsEveryPath = true, AllowedHosts = new HostList() };

    /// <summary>The certificate of the HTTP, gRPC and admin ports.</summary>
    public TlsFiles Tls { get; } = new();

    /// <summary>True if callers are authenticated in any way: by keys, or by certificates.</summary>
    public bool KnowsCallers => Access.IsOn || Tls.Authority is not null;

    /// <summary>The port for gRPC alone; 0 takes any free one; null for none. The port of the HTTP API takes gRPC too.</summary>
    public virtual int? GrpcPort { get; set; }

    /// <summary>The address to listen on for HTTP and gRPC.</summary>
    public IPAddress Bind { get; set; } = IPAddress.Loopback;

    /// <summary>Who may call.</summary>
    public AccessOptions Access { get; } = new();

    /// <summary>True to serve anyone who reaches an address beyond loopback.</summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>All the memory that the process may take; null for its container's limit, or the machine's memory.</summary>
    public long? MemoryBytes { get; set; }

    /// <summary>What models may take; null for the default share, 0 without models.</summary>
    public virtual long? ModelBytes => 0;

    /// <summary>True for one JSON object for each event, false for one line of text.</summary>
    public bool JsonLogs { get; set; }

    /// <summary>The least level of event that is logged.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary><c>live</c> or <c>ready</c> to ask the running process and end; null to run.</summary>
    public string? Health { get; set; }
}
