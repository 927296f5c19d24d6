using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Krewe.Silo.Admin;

/// <summary>Marks connections to the admin port; requests find the mark among their features.</summary>
internal sealed class AdminConnection
{
    private static readonly AdminConnection Mark = new();

    private AdminConnection()
    {
    }

    /// <summary>Marks all connections of an endpoint.</summary>
    public static void MarkAll(ListenOptions endpoint) => endpoint.Use(static next => connection =>
    {
        connection.Features.Set(Mark);
        return next(connection);
    });

    public static bool Is(HttpContext context) => context.Features.Get<AdminConnection>() is not null;
}
