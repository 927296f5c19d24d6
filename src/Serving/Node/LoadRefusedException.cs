using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>The <see cref="ILoadGate"/> did not let a load in. The message is for callers, in words that follow "is not available: ".</summary>
internal sealed class LoadRefusedException(string reason, Exception innerException) : Exception(reason, innerException)
{
    /// <summary>Of what the gate threw.</summary>
    public static LoadRefusedException Of(Exception error) =>
        new(error is KreweException ? error.Message : "an unexpected error, described in the server's log", error);
}
