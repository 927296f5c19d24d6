namespace Krewe.Grains.Interfaces;

/// <summary>
/// Marks the <see cref="Krewe.Abstractions.InferenceRequest.Owner"/> of a request that was read from a message: nobody but its
/// receiver knows of it, so the receiver disposes it. A request passed within the process has no such owner and stays its maker's.
/// </summary>
internal interface IReceived : IDisposable;
