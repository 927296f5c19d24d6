using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Processes;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Connections;

/// <summary>
/// Limits the connections of this process, in all and by address. A new one takes the place of the one that has sent nothing for longest;
/// if all have sent something, it is refused. One lock for each begin and end of a connection, none for a request.
/// </summary>
internal sealed partial class ConnectionTable
{
    // Half of the descriptors is left for members, models and the database.
    private const double DescriptorShare = 0.5;
    private const int LeastConnections = 16;
    private const int MostConnections = 10_000;
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    /// <summary>The time that a new connection should have to send its first byte.</summary>
    private static readonly TimeSpan FirstByteTime = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, Caller> callers = [];
    private readonly LinkedList<AdmittedConnection> silent = [];
    private readonly int most;
    private readonly int mostByAddress;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private int count;
    private long refused;
    private long dropped;
    private (long LoggedAt, long Events) told;

    public ConnectionTable(ApiLimits limits, IMeterFactory meters, TimeProvider time, ILogger<ConnectionTable> logger)
    {
        (this.time, this.logger) = (time, logger);
        most = limits.MaxConnections ?? DescriptorLimit.Share(DescriptorShare, LeastConnections, MostConnections);
        mostByAddress = Math.Min(most, limits.MaxConnectionsPerAddress ?? Math.Max(1, most * 3 / 4));
        var meter = meters.Create(KreweTelemetry.HttpMeter);
        meter.CreateObservableGauge("krewe_http_connections", () => (long)Volatile.Read(ref count), description: "Open connections.");
        meter.CreateObservableCounter(
            "krewe_http_connections_refused_total",
            () => new[] { Closed(ref refused, "full"), Closed(ref dropped, "silent") },
            description: "Connections closed at the limit: new ones, and ones that had sent nothing.");
    }

    private static Measurement<long> Closed(ref long number, string reason) =>
        new(Interlocked.Read(ref number), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Admits a connection until it is closed; false if it must be refused.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isRushed">
    /// True if it takes the place of one that had little time to send anything: the next should wait a little.
    /// </param>
    public bool TryAdmit(ConnectionContext connection, out bool isRushed)
    {
        var admitted = new AdmittedConnection(this, connection, AddressOf(connection.RemoteEndPoint), time.GetTimestamp());
        isRushed = false;
        if (!TryAdd(admitted, out var replaced))
        {
            Tell(ref refused);
            return false;
        }

        if (replaced is not null)
        {
            isRushed = time.GetElapsedTime(replaced.AcceptedAt) < FirstByteTime;
            Tell(ref dropped);
            replaced.Connection.Abort(
                new ConnectionAbortedException("another connection took the place of this one, which had sent nothing"));
        }

        connection.Features.Set(admitted);
        connection.ConnectionClosed.UnsafeRegister(static closed => ((AdmittedConnection)closed!).End(), admitted);
        return true;
    }

    /// <summary>Lists a connection as one that has sent nothing yet, or takes it off the list.</summary>
    public void SetSilent(AdmittedConnection connection, bool isSilent)
    {
        lock (gate)
        {
            if (!isSilent)
            {
                Unlist(connection);
            }
            else if (!connection.HasEnded && callers.TryGetValue(connection.Address, out var caller))
            {
                connection.Silence = (silent.AddLast(connection), caller.Silent.AddLast(connection));
            }
        }
    }

    public void Remove(AdmittedConnection connection)
    {
        lock (gate)
        {
            if (connection.HasEnded)
            {
                return;
            }

            Unlist(connection);
            connection.HasEnded = true;
            count--;
            if (--callers[connection.Address].Count == 0)
            {
                callers.Remove(connection.Address);
            }
        }
    }

    private bool TryAdd(AdmittedConnection connection, out AdmittedConnection? replaced)
    {
        lock (gate)
        {
            var caller = callers.GetValueOrDefault(connection.Address);
            replaced = null;
            if (caller?.Count >= mostByAddress || count >= most)
            {
                replaced = (caller?.Count >= mostByAddress ? caller.Silent : silent).First?.Value;
                if (replaced is null)
                {
                    return false;
                }

                Remove(replaced);
            }

            if (!callers.TryGetValue(connection.Address, out caller))
            {
                callers[connection.Address] = caller = new Caller();
            }

            caller.Count++;
            count++;
            return true;
        }
    }

    private void Unlist(AdmittedConnection connection)
    {
        if (connection.Silence is var (inAll, inCaller))
        {
            silent.Remove(inAll);
            inCaller.List!.Remove(inCaller);
            connection.Silence = null;
        }
    }

    /// <summary>Networks of IPv6 count as one address: a machine has all addresses of its own.</summary>
    private static IPAddress AddressOf(EndPoint? remote)
    {
        var address = (remote as IPEndPoint)?.Address ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
        {
            return address.MapToIPv4();
        }

        return address.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address)
            ? new IPAddress([.. address.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0])
            : address;
    }

    private void Tell(ref long number)
    {
        Interlocked.Increment(ref number);
        lock (gate)
        {
            told.Events++;
            if (told.LoggedAt != 0 && time.GetElapsedTime(told.LoggedAt) < LogInterval)
            {
                return;
            }

            LogRefused(told.Events, most, mostByAddress);
            told = (time.GetTimestamp(), 0);
        }
    }

    [LoggerMessage(EventId = 314, Level = LogLevel.Warning,
        Message = "Closed {Count} connections, new ones or ones that had sent nothing: "
            + "at most {Limit} may be open, {ByAddress} of one address")]
    private partial void LogRefused(long count, int limit, int byAddress);

    /// <summary>The connections of one address.</summary>
    private sealed class Caller
    {
        public int Count { get; set; }

        public LinkedList<AdmittedConnection> Silent { get; } = [];
    }
}

/// <summary>A feature of a connection: its place in a <see cref="ConnectionTable"/>, which alone changes it.</summary>
internal sealed class AdmittedConnection(ConnectionTable table, ConnectionContext connection, IPAddress address, long acceptedAt)
{
    public ConnectionContext Connection => connection;

    public IPAddress Address => address;

    public long AcceptedAt => acceptedAt;

    public bool HasEnded { get; set; }

    public (LinkedListNode<AdmittedConnection> InAll, LinkedListNode<AdmittedConnection> InCaller)? Silence { get; set; }

    public void SetSilent(bool isSilent) => table.SetSilent(this, isSilent);

    public void End() => table.Remove(this);
}
