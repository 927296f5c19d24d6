using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Krewe.Launch;

/// <summary>An event that the engine logs at a level which it has not for an operator.</summary>
/// <param name="Category">The logger's whole name.</param>
/// <param name="Id">The event's number there.</param>
/// <param name="Why">Why an operator need not read it.</param>
/// <param name="OnlyInOutage">That holds only where the database cannot be reached; with any other exception the level stays.</param>
internal sealed record EngineEvent(string Category, int Id, string Why, bool OnlyInOutage = false)
{
    public bool Covers(EventId id, Exception? exception) => id.Id == Id && (!OnlyInOutage || IsOutage(exception));

    // Class 57P: the server stops, has crashed, or is not up yet.
    private static bool IsOutage(Exception? exception) =>
        exception is DbException { IsTransient: true } or DbException { SqlState: ['5', '7', 'P', ..] };
}
