using Krewe.Grains.Interfaces.Models;

namespace Krewe.Grains.Models;

/// <summary>
/// Tracks the route epoch that each subscriber has applied, and where to push changes. A member counts while it is alive, an external
/// client for ten seconds after its last read: it stops using routes that it has not read for five. To be used from the grain's scheduler
/// only.
/// </summary>
internal sealed class RouteSubscribers(TimeProvider time, bool hasExternalClients = true)
{
    private static readonly TimeSpan ExternalClientLifetime = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, Subscriber> subscribers = [];
    private readonly long start = time.GetTimestamp();
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next read of any subscriber.</summary>
    public Task NextRead => next.Task;

    /// <summary>Records a subscriber's read.</summary>
    public void RecordRead(RouteSubscriber reader)
    {
        // Requests may arrive out of order; an applied sequence never goes back.
        var before = subscribers.GetValueOrDefault(reader.Name);
        subscribers[reader.Name] = new Subscriber(
            reader.IsMember, Math.Max(before.Shown, reader.Shown), time.GetTimestamp(), reader.Observer ?? before.Observer);
        (var previous, next) = (next, new(TaskCreationOptions.RunContinuationsAsynchronously));
        previous.SetResult();
    }

    /// <summary>Pushes a change to recent subscribers. A push may be lost: subscribers also poll twice a second.</summary>
    public void Push(RouteNews news)
    {
        foreach (var reader in subscribers.Values.Where(reader => time.GetElapsedTime(reader.At) < ExternalClientLifetime))
        {
            reader.Observer?.Hear(news);
        }
    }

    /// <summary>Names of the subscribers that have not applied a sequence yet.</summary>
    public IReadOnlyList<string> FindBehind(long sequence, IReadOnlyCollection<string> members)
    {
        foreach (var gone in subscribers.Where(reader => !IsSubscribed(reader.Key, reader.Value, members)).Select(reader =>
            reader.Key).ToArray())
        {
            subscribers.Remove(gone);
        }

        var behind = members.Where(member => !subscribers.TryGetValue(member, out var previous) || previous.Shown < sequence)
            .Concat(subscribers.Where(reader => !reader.Value.IsMember && reader.Value.Shown < sequence).Select(reader => reader.Key));

        // External clients that read from the previous activation only are unknown here.
        return hasExternalClients && time.GetElapsedTime(start) < ExternalClientLifetime ? [.. behind, "clients outside of the cluster"]
            : [.. behind];
    }

    private bool IsSubscribed(string name, Subscriber reader, IReadOnlyCollection<string> members) =>
        reader.IsMember ? members.Contains(name) : time.GetElapsedTime(reader.At) < ExternalClientLifetime;

    private readonly record struct Subscriber(bool IsMember, long Shown, long At, IRouteObserver? Observer);
}
