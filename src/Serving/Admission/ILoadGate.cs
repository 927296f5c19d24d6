using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Serving.Node;

namespace Krewe.Serving.Admission;

/// <summary>
/// Asked before every load: a cluster records there that a process is about to load a version, so that one that takes processes
/// down is found out. Without a registration every load may begin.
/// </summary>
public interface ILoadGate
{
    /// <summary>
    /// Waits until the load may begin; the result is disposed when it has ended, well or not. Throws <see cref="KreweException"/> where
    /// the version must not be loaded.
    /// </summary>
    /// <param name="model">The version.</param>
    /// <param name="artifact">What its files are, as in <see cref="NodeCatalogEntry.Artifact"/>.</param>
    /// <param name="cancellationToken">The process stops.</param>
    ValueTask<IAsyncDisposable> EnterAsync(ModelId model, string artifact, CancellationToken cancellationToken);
}

/// <summary>
/// The <see cref="ILoadGate"/> did not let a load in. The message is for callers, in words that follow "is not available: ".
/// </summary>
internal sealed class LoadRefusedException(string reason, Exception innerException) : Exception(reason, innerException)
{
    /// <summary>Of what the gate threw.</summary>
    public static LoadRefusedException Of(Exception error) =>
        new(error is KreweException ? error.Message : "an unexpected error, described in the server's log", error);
}
