using Orleans.Runtime.Messaging;

namespace Krewe.Client.Retrying;

/// <summary>Which exceptions of a grain call mean that silo, connection or answer were lost rather than that the call failed.</summary>
public static class LostCall
{
    /// <summary>
    /// True where the same call may be made again elsewhere. Not knowing whether a call was done is no hindrance: an inference changes
    /// nothing. Ask only where the caller has not cancelled: a broken connection also ends calls as cancelled. Connections end as the
    /// engine's own exceptions, never as those of sockets or streams; those, like every other, are a bug in what was called.
    /// </summary>
    public static bool Is(Exception error) => error is
        // A silo that died or is leaving (SiloUnavailable among them), or has no such activation any more.
        OrleansMessageRejectionException or ConnectionFailedException or GatewayTooBusyException or LimitExceededException
            or ClientNotAvailableException
        or TimeoutException or OperationCanceledException
        // "No active nodes are compatible with grain", and a directory that is changing hands, are the bare base class.
        || error.GetType() == typeof(OrleansException);
}
