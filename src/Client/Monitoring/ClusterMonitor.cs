using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Monitoring;

/// <summary>
/// Polls the cluster about twice a second and keeps the snapshot; route changes are also pushed and apply at once. A slow silo delays
/// neither the others nor the next poll. Errors never end the process: the snapshot becomes stale.
/// </summary>
internal sealed partial class ClusterMonitor(
    IClusterReader reader, ClusterMonitorOptions options, TimeProvider time, ILogger<ClusterMonitor> logger)
    : BackgroundService, IClusterSnapshotSource
{
    private readonly Lock publishing = new();
    private readonly PollSignal signal = new();
    private readonly CatalogUnion catalog = new();
    private readonly PendingPlacements expectations = new(time, options.ExpectationLife, options.MaxExpectations);
    private readonly HashSet<ModelId> loggedDiffering = [];
    private ImmutableDictionary<SiloAddress, NodeWatch> watches = ImmutableDictionary<SiloAddress, NodeWatch>.Empty;
    // How old routes of an external client may be. A retirement waits for members to read, but not for clients.
    private static readonly TimeSpan MaxRouteAge = TimeSpan.FromSeconds(5);
    private Task readingRoutes = Task.CompletedTask;
    private Task late = Task.CompletedTask;
    private readonly RoutingTableReader routeReader = new(reader, time);
    private long routesReadAt;
    private volatile RoutingTable routes = RoutingTable.Empty;
    private volatile ClusterSnapshot current = ClusterSnapshot.Empty;
    private bool membersUnknown;
    private bool routesUnknown;

    public ClusterSnapshot Current => current;

    public bool AreRoutesStale => reader.IsOutside && time.GetElapsedTime(Volatile.Read(ref routesReadAt)) > MaxRouteAge;

    public Task RefreshAsync(CancellationToken cancellationToken) => signal.RequestAsync(cancellationToken);

    public void Expect(ReplicaId replica, SiloAddress silo)
    {
        var model = replica.Model;
        var node = current.Nodes.FirstOrDefault(node => node.Address.Equals(silo));
        var bytes = node is null || node.Sessions.Contains(model) ? 0 : node.Catalog.GetValueOrDefault(model)?.EstimatedBytes ?? 0;
        expectations.Add(replica, silo, bytes);
    }

    public IReadOnlyCollection<SiloAddress> ExpectedAt(ModelId model) => expectations.At(model);

    public long ExpectedBytes(SiloAddress silo) => expectations.On(silo).Bytes;

    public int ExpectedReplicas(SiloAddress silo) => expectations.On(silo).Replicas;

    public SiloAddress? ExpectedPlace(ReplicaId replica) => expectations.Find(replica);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        reader.Subscribe(OnRouteChanged);
        try
        {
            while (true)
            {
                signal.BeginPoll();
                await PollAsync(stoppingToken);
                signal.EndPoll();
                await signal.WaitAsync(watches.IsEmpty ? options.SearchInterval : options.RefreshInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The last snapshot stays for calls during shutdown.
        }
        finally
        {
            signal.End();
        }
    }

    private async Task PollAsync(CancellationToken stoppingToken)
    {
        if (await GetHostsAsync(stoppingToken) is { } hosts)
        {
            Follow(hosts);
        }

        // Ask for routes only if a silo may answer; in a silo that is still starting none can.
        var answers = watches.Values.Select(watch => watch.PollAsync()).Append(watches.IsEmpty ? Task.CompletedTask
            : PollRoutes()).ToArray();
        var all = Task.WhenAll(answers);
        using (var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken))
        {
            await Task.WhenAny(all, Task.Delay(options.PollTimeout, time, timeout.Token));
            await timeout.CancelAsync();
        }

        stoppingToken.ThrowIfCancellationRequested();
        Publish();
        if (!all.IsCompleted && late.IsCompleted)
        {
            late = PublishAfterAsync(all);
        }
    }

    /// <summary>Publishes late answers. Later polls publish what has arrived by then, so one pending task is enough.</summary>
    private async Task PublishAfterAsync(Task answers)
    {
        await answers;
        Publish();
    }

    private async Task<IReadOnlyList<SiloAddress>?> GetHostsAsync(CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            var asking = reader.GetHostsAsync(timeout.Token).AsTask();
            var hosts = await asking.WaitAsync(options.PollTimeout, time, stoppingToken);
            membersUnknown = false;
            return hosts;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // Keep polling the known members, which change rarely.
            await timeout.CancelAsync();
            if (!membersUnknown)
            {
                membersUnknown = true;
                LogMembersUnknown(exception.Message);
            }

            return null;
        }
    }

    private void Follow(IReadOnlyList<SiloAddress> hosts)
    {
        var followed = hosts.Distinct().ToImmutableDictionary(
            silo => silo, silo => watches.TryGetValue(silo, out var known) ? known : new NodeWatch(silo, reader, time));
        foreach (var (silo, watch) in watches)
        {
            if (!followed.ContainsKey(silo) && watch.Snapshot is { } snapshot)
            {
                LogSiloGone(snapshot.Report.Name, silo);
            }
        }

        watches = followed;
    }

    // One request at a time: with the database down each may be slow, and they must not pile up.
    private Task PollRoutes()
    {
        lock (publishing)
        {
            return readingRoutes.IsCompleted ? readingRoutes = ReadRoutesAsync() : readingRoutes;
        }
    }

    private async Task ReadRoutesAsync()
    {
        await Task.Yield();
        try
        {
            long shown;
            do
            {
                (var known, shown) = (routes, current.Routes.Sequence);
                ApplyRoutes(await routeReader.ReadAsync(known.Sequence, shown, FindAnswering), known);
                Volatile.Write(ref routesReadAt, routeReader.AskedAt);
                routesUnknown = false;
            }
            while (current.Routes.Sequence != shown);
        }
        catch (Exception exception)
        {
            // The last routes stay in force, and the next poll retries.
            if (!routesUnknown)
            {
                routesUnknown = true;
                LogRoutesUnknown(exception.Message);
            }
        }
    }

    /// <summary>Applies routes that were read, unless newer ones were pushed meanwhile.</summary>
    private void ApplyRoutes(RoutingTable? read, RoutingTable known)
    {
        lock (publishing)
        {
            if (read is not null && (ReferenceEquals(routes, known) || read.Sequence > routes.Sequence))
            {
                routes = read;
            }
        }
    }

    private void OnRouteChanged(RouteNews news)
    {
        lock (publishing)
        {
            if (news.Before == routes.Sequence)
            {
                routes = routes.With(news);
                Publish();
            }
            else if (news.Sequence > routes.Sequence)
            {
                // A push was lost, or nothing was read yet.
                signal.Request();
            }
        }
    }

    private SiloAddress? FindAnswering()
    {
        var answering = watches.Values.Where(watch => watch is { Snapshot: not null } && watch.Silence < options.PollTimeout).ToArray();
        return answering.Length > 0 ? answering[Random.Shared.Next(answering.Length)].Snapshot!.Address : null;
    }

    private void Publish()
    {
        lock (publishing)
        {
            // A silent silo's repository still counts while it is a member; no replica is placed there.
            var known = watches.Values.Where(watch => watch.Snapshot is not null).Select(watch => (Watch: watch, Snapshot: watch.Snapshot!))
                .OrderBy(pair => pair.Snapshot.Address).ToArray();
            LogSilence(known.Select(pair => pair.Watch));
            var nodes = known.Where(pair => pair.Watch.Silence < options.KeepSilent).Select(pair => pair.Snapshot).ToImmutableArray();
            if (catalog.Update([.. known.Select(pair => pair.Snapshot)], routes))
            {
                LogDiffering();
            }

            if (!nodes.SequenceEqual(current.Nodes) || !ReferenceEquals(catalog.Models, current.Models) || !ReferenceEquals(
                routes, current.Routes))
            {
                var haveRoutesChanged = !ReferenceEquals(routes, current.Routes);
                current = new ClusterSnapshot { Nodes = nodes, Models = catalog.Models, Routes = routes };
                if (haveRoutesChanged)
                {
                    // A caller may wait until every process has applied the routes, so report them now. A failure is logged and retried at
                    // the next poll.
                    PollRoutes();
                }
            }

            expectations.Settle([.. known.Select(pair => pair.Snapshot)]);
        }
    }

    private void LogSilence(IEnumerable<NodeWatch> answered)
    {
        foreach (var watch in answered)
        {
            var silo = watch.Snapshot!;
            if (watch.Silence >= options.KeepSilent && !watch.IsSilenceLogged)
            {
                watch.IsSilenceLogged = true;
                LogSiloSilent(silo.Report.Name, silo.Address, options.KeepSilent, watch.Failure);
            }
            else if (watch.Silence == TimeSpan.Zero && watch.IsSilenceLogged)
            {
                watch.IsSilenceLogged = false;
                LogSiloAnswers(silo.Report.Name, silo.Address);
            }
        }
    }

    private void LogDiffering()
    {
        // Once per version and in one message: copies made without their times differ in all versions at once.
        var news = catalog.Differing.Where(pair => loggedDiffering.Add(pair.Key)).OrderBy(pair => pair.Key).ToArray();
        loggedDiffering.IntersectWith(catalog.Differing.Keys);
        if (news.Length > 0)
        {
            LogVersionDiffers(news[0].Key, news[0].Value.Report.Name, news.Length - 1);
        }
    }

    [LoggerMessage(
        EventId = 460, Level = LogLevel.Warning,
        Message = "Silo {Name} ({Silo}) has not answered for {Time}; no replica is placed there until it does: {Reason}")]
    private partial void LogSiloSilent(string name, SiloAddress silo, TimeSpan time, string reason);

    [LoggerMessage(EventId = 461, Level = LogLevel.Information, Message = "Silo {Name} ({Silo}) answers again")]
    private partial void LogSiloAnswers(string name, SiloAddress silo);

    [LoggerMessage(EventId = 462, Level = LogLevel.Information, Message = "Silo {Name} ({Silo}) has left the cluster")]
    private partial void LogSiloGone(string name, SiloAddress silo);

    [LoggerMessage(
        EventId = 463, Level = LogLevel.Warning,
        Message = "The files of version {Version} on silo {Name} differ from other silos', as do those of {Others} more versions; "
        + "deploy the same files everywhere, or publish them under a new number")]
    private partial void LogVersionDiffers(ModelId version, string name, int others);

    [LoggerMessage(EventId = 464, Level = LogLevel.Warning,
        Message = "Failed to read the members of the cluster; keeping the last known ones and retrying: {Reason}")]
    private partial void LogMembersUnknown(string reason);

    [LoggerMessage(
        EventId = 465, Level = LogLevel.Warning,
        Message = "Failed to read the routes of models; keeping the last known ones and retrying: {Reason}")]
    private partial void LogRoutesUnknown(string reason);
}
