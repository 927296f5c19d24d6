using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Admission;

/// <summary>
/// Admission control for loads. A cluster records here which process is about to load a version, so that a version whose loads crash
/// processes (a crash loop) can be quarantined. Without a registration, every load is admitted.
/// </summary>
public interface ILoadGate
{
    /// <summary>
    /// Waits until the load may begin; the result is disposed when the load ends, successful or not. Throws <see cref="KreweException"/> if
    /// the version must not be loaded.
    /// </summary>
    /// <param name="model">The version.</param>
    /// <param name="artifact">What its files are, as in <see cref="CatalogEntry.Artifact"/>.</param>
    /// <param name="cancellationToken">The process stops.</param>
    ValueTask<ILoadPermit> EnterAsync(ModelId model, string artifact, CancellationToken cancellationToken);

    /// <summary>Excludes a version that ends its worker processes again and again, durably.</summary>
    Task QuarantineAsync(ModelId model, string reason);

    /// <summary>Has all processes refuse inputs of a version that ended one, for a time and durably.</summary>
    /// <param name="model">The version.</param>
    /// <param name="inputs">The hash of the inputs.</param>
    Task RefuseAsync(ModelId model, string inputs);
}

/// <summary>Permission to load a version, until it is disposed.</summary>
public interface ILoadPermit : IAsyncDisposable
{
    /// <summary>True if a process ended while it loaded the version: a worker process has to try first.</summary>
    bool IsSuspect { get; }
}

/// <summary>The <see cref="ILoadGate"/> rejected a load. The message is for callers and follows the words "is not available: ".</summary>
internal sealed class LoadRefusedException(string reason, Exception innerException) : Exception(reason, innerException)
{
    /// <summary>Wraps an exception thrown by the gate.</summary>
    public static LoadRefusedException Of(Exception error) =>
        new(error is KreweException ? error.Message : "an unexpected error; see the server's log", error);
}
