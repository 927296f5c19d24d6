using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Connections;

/// <summary>A connection with a maximum age.</summary>
internal sealed class AgedConnection(CancellationToken end)
{
    /// <summary>Cancelled when streams of the call's connection have to end; never if it has no maximum age.</summary>
    public static CancellationToken EndOf(HttpContext context) => context.Features.Get<AgedConnection>()?.End ?? CancellationToken.None;

    private CancellationToken End => end;
}
