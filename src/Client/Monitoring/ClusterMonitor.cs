using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Monitoring;

/// <summary>
/// Looks at the cluster about twice a second and keeps the snapshot; changes of routes are pushed and show at once. A silo that is slow to
/// answer delays neither the others nor the next look, and nothing that goes wrong here ends the process: the snapshot only grows old.
/// </summary>
internal sealed partial class ClusterMonitor(
    IClusterReader reader, ClusterMonitorOptions options, TimeProvider time, ILogger<ClusterMonitor> logger)
    : BackgroundService, IClusterSnapshotSource
{
    private readonly Lock publishing = new();
    private readonly PollSignal signal = new();
    private readonly CatalogUnion catalog = new();
    private readonly PendingPlacements expectations = new(time, options.ExpectationLife, options.MaxExpectations);
    private readonly HashSet<ModelId> toldDiffering = [];
    private ImmutableDictionary<SiloAddress, NodeWatch> watches = ImmutableDictionary<SiloAddress, NodeWatch>.Empty;
    // What a client goes by where nobody waits for it to read; a member is waited for.
    private static readonly TimeSpan RoutesLife = TimeSpan.FromSeconds(5);
    private Task readingRoutes = Task.CompletedTask;
    private Task late = Task.CompletedTask;
    private readonly RouteBookReader routeReader = new(reader, time);
    private long routesReadAt;
    private volatile RouteBook routes = RouteBook.Empty;
    private volatile ClusterSnapshot current = ClusterSnapshot.Empty;
    private bool membersUnknown;
    private bool routesUnknown;

    public ClusterSnapshot Current => current;

    public bool AreRoutesOld => reader.IsOutside && time.GetElapsedTime(Volatile.Read(ref routesReadAt)) > RoutesLife;

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
        reader.Subscribe(Hear);
        try
        {
            while (true)
            {
                signal.BeginLook();
                await LookAsync(stoppingToken);
                signal.EndLook();
                await signal.WaitAsync(watches.IsEmpty ? options.SearchInterval : options.RefreshInterval, time, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The snapshot stays as it is for what still goes on here.
        }
        finally
        {
            signal.End();
        }
    }

    private async Task LookAsync(CancellationToken stoppingToken)
    {
        if (await GetHostsAsync(stoppingToken) is { } hosts)
        {
            Follow(hosts);
        }

        // The routes are asked for where somebody could answer: in a silo that is about to start nobody can.
        var answers = watches.Values.Select(watch => watch.AskAsync()).Append(watches.IsEmpty ? Task.CompletedTask
            : AskForRoutes()).ToArray();
        var all = Task.WhenAll(answers);
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken))
        {
            await Task.WhenAny(all, Task.Delay(options.LookPatience, time, patience.Token));
            await patience.CancelAsync();
        }

        stoppingToken.ThrowIfCancellationRequested();
        Publish();
        if (!all.IsCompleted && late.IsCompleted)
        {
            late = PublishAfterAsync(all);
        }
    }

    /// <summary>Answers that come after the look; later looks publish what has come by then, so that one of these is enough.</summary>
    private async Task PublishAfterAsync(Task answers)
    {
        await answers;
        Publish();
    }

    private async Task<IReadOnlyList<SiloAddress>?> GetHostsAsync(CancellationToken stoppingToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            var asking = reader.GetHostsAsync(patience.Token).AsTask();
            var hosts = await asking.WaitAsync(options.LookPatience, time, stoppingToken);
            membersUnknown = false;
            return hosts;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            // Those known are asked all the same: who they are changes seldom.
            await patience.CancelAsync();
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
            if (!followed.ContainsKey(silo) && watch.View is { } view)
            {
                LogSiloGone(view.Report.Name, silo);
            }
        }

        watches = followed;
    }

    // One question at a time: while the database is down each may take long, and they must not pile up.
    private Task AskForRoutes()
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
                TakeRoutes(await routeReader.ReadAsync(known.Sequence, shown, FindAnswering), known);
                Volatile.Write(ref routesReadAt, routeReader.AskedAt);
                routesUnknown = false;
            }
            while (current.Routes.Sequence != shown);
        }
        catch (Exception exception)
        {
            // Whatever it is: what was decided last stays in force, and the next look asks again.
            if (!routesUnknown)
            {
                routesUnknown = true;
                LogRoutesUnknown(exception.Message);
            }
        }
    }

    /// <summary>Takes what was read, unless something newer was pushed since it was asked for.</summary>
    private void TakeRoutes(RouteBook? read, RouteBook known)
    {
        lock (publishing)
        {
            if (read is not null && (ReferenceEquals(routes, known) || read.Sequence > routes.Sequence))
            {
                routes = read;
            }
        }
    }

    private void Hear(RouteNews news)
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
                // One before it was lost, or nothing was read yet.
                signal.Request();
            }
        }
    }

    private SiloAddress? FindAnswering()
    {
        var answering = watches.Values.Where(watch => watch is { View: not null } && watch.Silence < options.LookPatience).ToArray();
        return answering.Length > 0 ? answering[Random.Shared.Next(answering.Length)].View!.Address : null;
    }

    private void Publish()
    {
        lock (publishing)
        {
            // What a silent silo has on disk still exists while the cluster counts it as a member; only nothing is placed there.
            var known = watches.Values.Where(watch => watch.View is not null).Select(watch => (Watch: watch, View: watch.View!))
                .OrderBy(pair => pair.View.Address).ToArray();
            TellSilence(known.Select(pair => pair.Watch));
            var nodes = known.Where(pair => pair.Watch.Silence < options.KeepSilent).Select(pair => pair.View).ToImmutableArray();
            if (catalog.Update([.. known.Select(pair => pair.View)], routes))
            {
                TellDiffering();
            }

            if (!nodes.SequenceEqual(current.Nodes) || !ReferenceEquals(catalog.Models, current.Models) || !ReferenceEquals(
                routes, current.Routes))
            {
                var isNews = !ReferenceEquals(routes, current.Routes);
                current = new ClusterSnapshot { Nodes = nodes, Models = catalog.Models, Routes = routes };
                if (isNews)
                {
                    // Somebody may wait until everybody goes by them. What fails here is logged, and the next look asks again.
                    AskForRoutes();
                }
            }

            expectations.Settle([.. known.Select(pair => pair.View)]);
        }
    }

    private void TellSilence(IEnumerable<NodeWatch> answered)
    {
        foreach (var watch in answered)
        {
            var silo = watch.View!;
            if (watch.Silence >= options.KeepSilent && !watch.IsToldSilent)
            {
                watch.IsToldSilent = true;
                LogSiloSilent(silo.Report.Name, silo.Address, options.KeepSilent, watch.Failure);
            }
            else if (watch.Silence == TimeSpan.Zero && watch.IsToldSilent)
            {
                watch.IsToldSilent = false;
                LogSiloAnswers(silo.Report.Name, silo.Address);
            }
        }
    }

    private void TellDiffering()
    {
        // Once for a version, and in one line: copies made without their times differ in all versions at once.
        var news = catalog.Differing.Where(pair => toldDiffering.Add(pair.Key)).OrderBy(pair => pair.Key).ToArray();
        toldDiffering.IntersectWith(catalog.Differing.Keys);
        if (news.Length > 0)
        {
            LogVersionDiffers(news[0].Key, news[0].Value.Report.Name, news.Length - 1);
        }
    }

    [LoggerMessage(
        EventId = 460, Level = LogLevel.Warning,
        Message = "Silo {Name} ({Silo}) has not answered for {Time}, and no replica is placed there until it does: {Reason}")]
    private partial void LogSiloSilent(string name, SiloAddress silo, TimeSpan time, string reason);

    [LoggerMessage(EventId = 461, Level = LogLevel.Information, Message = "Silo {Name} ({Silo}) answers again")]
    private partial void LogSiloAnswers(string name, SiloAddress silo);

    [LoggerMessage(EventId = 462, Level = LogLevel.Information, Message = "Silo {Name} ({Silo}) has left the cluster")]
    private partial void LogSiloGone(string name, SiloAddress silo);

    [LoggerMessage(
        EventId = 463, Level = LogLevel.Warning,
        Message = "Version {Version} has other files on silo {Name} than elsewhere, and {Others} more versions differ too: the same number "
            + "should mean the same files")]
    private partial void LogVersionDiffers(ModelId version, string name, int others);

    [LoggerMessage(EventId = 464, Level = LogLevel.Warning,
        Message = "The members of the cluster cannot be read, those known stay in force: {Reason}")]
    private partial void LogMembersUnknown(string reason);

    [LoggerMessage(
        EventId = 465, Level = LogLevel.Warning,
        Message = "What was decided about models cannot be read, what was known of it stays in force: {Reason}")]
    private partial void LogRoutesUnknown(string reason);
}
