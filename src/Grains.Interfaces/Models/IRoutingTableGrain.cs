using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>
/// All routes that are not the default, because grain storage cannot be searched. One grain, with the key <see cref="Key"/>. It pushes
/// changes to its subscribers, which also poll it; no request waits for it.
/// </summary>
[Alias("krewe.route-book")]
public interface IRoutingTableGrain : IGrainWithStringKey
{
    /// <summary>The only key.</summary>
    const string Key = "cluster";

    /// <summary>Publishes a route if its epoch is newer.</summary>
    [Alias("publish")]
    Task PublishAsync(ModelRoute route);

    /// <summary>The table; null if the reader has it already.</summary>
    /// <param name="knownSequence">The sequence of the reader's table, -1 for none.</param>
    [AlwaysInterleave, Alias("read")]
    Task<RoutingTable?> ReadAsync(long knownSequence);

    /// <summary>The same for a named reader, whose applied sequence is tracked and to which changes are pushed.</summary>
    [AlwaysInterleave, Alias("read-as")]
    Task<RoutingTable?> ReadAsync(long knownSequence, RouteSubscriber reader);

    /// <summary>
    /// Waits until all subscribers have applied what is published now: members while they are alive, external clients for ten seconds after
    /// their last read. Returns the names of those that have not at the timeout.
    /// </summary>
    [AlwaysInterleave, Alias("when-read")]
    Task<IReadOnlyList<string>> WaitUntilReadAsync(TimeSpan timeout);
}
