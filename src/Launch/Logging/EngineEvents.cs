using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch.Logging;

/// <summary>
/// Errors and warnings of Orleans that need no action by an operator, mostly while members join and leave, and of the gRPC library: logged
/// at debug level. All other errors are errors. Event ids of Orleans 10.4.2 and Grpc.AspNetCore 2.85.0.
/// </summary>
internal static class EngineEvents
{
    private const string Directory = "Orleans.Runtime.GrainDirectory.";
    private const string Membership = "Orleans.Runtime.MembershipService.";
    private const string Storage = "Orleans.Storage.AdoNetGrainStorage";
    private const string Placement = "An attempt to place a grain while a silo leaves. The last one fails its message: 100071.";
    private const string Clients = "The table of external clients did not reach a silo that has left. It is sent to the next one.";
    private const string Outage = "Repeated with a stack trace. Our event 502 reports once that the database is unavailable.";
    private const string State = "Several times a second. The caller that needs the state gets the exception and handles it.";

    public static readonly EngineEvent[] All =
    [
        new("Grpc.AspNetCore.Server.ServerCallHandler", 6, "A broken frame of a caller, who gets the error.", IsBrokenFrame),
        new("Orleans.Messaging", 100071, "A message cannot be routed. Its sender gets the exception and handles it."),
        new("Orleans.Messaging", 101002, "The same for a one-way message."),
        new("Polly", 0, Placement),
        new("Polly", 3, Placement),
        new("Orleans.Grain", 1528537479, "An entry in the directory partition of a lost member. It is removed with the partition.",
            IsLostMember),
        new("Orleans.Runtime.CallbackData", 100157, "One line per pending call to a silo that died. Our event 471 reports it once."),
        new("Orleans.Runtime.GrainCallCancellationManager", 294010709, "The calls to be cancelled ended with their silo."),
        new("Orleans.Runtime.SiloLifecycleSubject", 100452, "A shutdown stage took longer than usual, as on a busy machine."),
        new(Directory + "ClientDirectory", 0, Clients),
        new(Directory + "ClientDirectory", 515725333, Clients),
        new(Membership + "MembershipSystemTarget", 100656, "Gossip to a member that has left. Members also read the table."),
        new(Membership + "MembershipTableManager", 100625, "Each member about each other, after a database outage."),
        new(Membership + "MembershipTableManager", 100659, Outage, IsOutage),
        new(Membership + "MembershipTableManager", 1898058297, Outage, IsOutage),
        new(Membership + "MembershipAgent", 100659, Outage, IsOutage),
        new(Storage, 200408, State, IsOutage),
        new(Storage, 200416, State, IsOutage),
        new(Storage, 200419, State, IsOutage),
    ];

    public static EngineEvent[] Of(string category) => Array.FindAll(All, known => known.Category == category);

    // Class 57P: the server is shutting down, has crashed, or is starting.
    private static bool IsOutage(Exception? exception) =>
        exception is DbException { IsTransient: true } or DbException { SqlState: ['5', '7', 'P', ..] };

    private static bool IsBrokenFrame(Exception? exception) => exception is InvalidDataException or IOException;

    private static bool IsLostMember(Exception? exception) =>
        exception?.GetType().FullName is "Orleans.Runtime.OrleansMessageRejectionException" or "Orleans.Runtime.SiloUnavailableException";
}

/// <summary>A library's event whose level is too high for an operator.</summary>
/// <param name="Category">The logger's full name.</param>
/// <param name="Id">The event id within the category.</param>
/// <param name="Why">Why it needs no action.</param>
/// <param name="Only">The exceptions to which this applies; with others the level stays. Null: all.</param>
internal sealed record EngineEvent(string Category, int Id, string Why, Func<Exception?, bool>? Only = null)
{
    public bool Covers(EventId id, Exception? exception) => id.Id == Id && Only?.Invoke(exception) != false;
}
