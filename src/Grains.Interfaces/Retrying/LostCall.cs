using System.Net.Sockets;

namespace Krewe.Grains.Interfaces;

/// <summary>Which exceptions of a grain call mean that silo, connection or answer were lost rather than that the call failed.</summary>
internal static class LostCall
{
    /// <summary>
    /// True where the same call may be made again elsewhere. Not knowing whether a call was done is no hindrance: an inference changes
    /// nothing. Ask only where the caller has not cancelled: a broken connection also ends calls as cancelled.
    /// </summary>
    public static bool Is(Exception error) => error is
        // All of the engine's own: "no active nodes are compatible with grain" is the bare base class. A grain's exception that has no
        // form in messages comes wrapped, and is no loss.
        (OrleansException and not WrappedException)
        or TimeoutException or OperationCanceledException or SocketException or IOException or ObjectDisposedException;
}
