using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Logging;

/// <summary>
/// What the engine logs as errors and warnings while members come and go and what is none to an operator: it is logged at debug
/// level. All else that the engine logs as an error is one. Numbers are those of Orleans 10.4.2.
/// </summary>
internal static class EngineEvents
{
    private const string Directory = "Orleans.Runtime.GrainDirectory.";
    private const string Membership = "Orleans.Runtime.MembershipService.";
    private const string Storage = "Orleans.Storage.AdoNetGrainStorage";
    private const string Placement = "An attempt to place a grain while a silo goes. The last one fails its message: 100071.";
    private const string Clients = "The table of outside clients did not reach a silo that has gone. It goes to the next one.";
    private const string Outage = "Again and again, with a stack trace. Our event 502 says once that the database is away.";
    private const string State = "Several times a second. Whoever needs the state gets the exception and says what comes of it.";

    public static readonly EngineEvent[] All =
    [
        new("Orleans.Messaging", 100071, "A message has no place to go. Its sender gets the exception and knows whether it matters."),
        new("Orleans.Messaging", 101002, "The same for a sender who waits for no answer."),
        new("Polly", 0, Placement),
        new("Polly", 3, Placement),
        new("Orleans.Grain", 1528537479, "An entry in the part of the directory that a lost member held. It goes with the part.",
            IsLostMember),
        new("Orleans.Runtime.CallbackData", 100157, "One line for each call under way to a silo that died. Our event 471 says it once."),
        new("Orleans.Runtime.GrainCallCancellationManager", 294010709, "The calls to be cancelled ended with their silo."),
        new("Orleans.Runtime.SiloLifecycleSubject", 100452, "A stage of the engine's stop took more than a moment, as on a busy machine."),
        new(Directory + "ClientDirectory", 0, Clients),
        new(Directory + "ClientDirectory", 515725333, Clients),
        new(Membership + "MembershipSystemTarget", 100656, "Gossip to a member that has gone. Members read the table as well."),
        new(Membership + "MembershipTableManager", 100625, "Each member of each other, after the database was away."),
        new(Membership + "MembershipTableManager", 100659, Outage, IsOutage),
        new(Membership + "MembershipTableManager", 1898058297, Outage, IsOutage),
        new(Membership + "MembershipAgent", 100659, Outage, IsOutage),
        new(Storage, 200408, State, IsOutage),
        new(Storage, 200416, State, IsOutage),
        new(Storage, 200419, State, IsOutage),
    ];

    public static EngineEvent[] Of(string category) => Array.FindAll(All, known => known.Category == category);

    // Class 57P: the server stops, has crashed, or is not up yet.
    private static bool IsOutage(Exception? exception) =>
        exception is DbException { IsTransient: true } or DbException { SqlState: ['5', '7', 'P', ..] };

    private static bool IsLostMember(Exception? exception) =>
        exception?.GetType().FullName is "Orleans.Runtime.OrleansMessageRejectionException" or "Orleans.Runtime.SiloUnavailableException";
}

/// <summary>An event that the engine logs at a level which it has not for an operator.</summary>
/// <param name="Category">The logger's whole name.</param>
/// <param name="Id">The event's number there.</param>
/// <param name="Why">Why an operator need not read it.</param>
/// <param name="Only">The exceptions for which that holds; with any other the level stays. Null: whatever the exception.</param>
internal sealed record EngineEvent(string Category, int Id, string Why, Func<Exception?, bool>? Only = null)
{
    public bool Covers(EventId id, Exception? exception) => id.Id == Id && Only?.Invoke(exception) != false;
}
