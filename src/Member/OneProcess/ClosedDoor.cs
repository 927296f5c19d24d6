using Microsoft.AspNetCore.Connections;

namespace Krewe.Member;

/// <summary>
/// Ends every connection that comes in at the engine's port before a byte of it is read. The engine always listens there, and would take
/// whoever knows its protocol for a member.
/// </summary>
internal static class ClosedDoor
{
    public static void Close(IConnectionBuilder pipeline) => pipeline.Use(static _ => static connection =>
    {
        connection.Abort();
        return Task.CompletedTask;
    });
}
