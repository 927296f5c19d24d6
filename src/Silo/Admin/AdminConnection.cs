using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Krewe.Silo.Admin;

/// <summary>Marks a connection that came in at the port for operators; its requests find the mark among their features.</summary>
internal sealed class AdminConnection
{
    private static readonly AdminConnection Mark = new();

    private AdminConnection()
    {
    }

    /// <summary>Marks every connection of an endpoint.</summary>
    public static void MarkAll(ListenOptions endpoint) => endpoint.Use(static next => connection =>
    {
        connection.Features.Set(Mark);
        return next(connection);
    });

    public static bool Is(HttpContext context) => context.Features.Get<AdminConnection>() is not null;
}
