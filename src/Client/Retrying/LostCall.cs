using Orleans.Runtime.Messaging;

namespace Krewe.Client.Retrying;

/// <summary>Distinguishes exceptions of a lost silo, connection or reply from failures of the call.</summary>
public static class LostCall
{
    /// <summary>
    /// True if the call may be retried elsewhere. It may already have run, which is harmless: an inference changes nothing. Check only if
    /// the caller has not cancelled: a broken connection also cancels calls. Orleans reports lost connections by its own exceptions; those
    /// of sockets and streams, like all others, are bugs of the callee.
    /// </summary>
    public static bool Is(Exception error) => error is
        // The silo is dead or leaving (SiloUnavailable included), or no longer has the activation.
        OrleansMessageRejectionException or ConnectionFailedException or GatewayTooBusyException or LimitExceededException
            or ClientNotAvailableException
        or TimeoutException or OperationCanceledException
        // "No active nodes are compatible with grain", and a directory in transfer, are the bare base class.
        || error.GetType() == typeof(OrleansException);
}
