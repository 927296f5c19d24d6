using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Client;

/// <summary>One model of a cluster, or one version of it.</summary>
public sealed class ModelClient
{
    private readonly IModelHost host;

    internal ModelClient(IModelHost host, ModelReference model) => (this.host, Model) = (host, model);

    /// <summary>The model and version that calls go to.</summary>
    public ModelReference Model { get; }

    /// <summary>Runs one inference with all outputs and no timeout; see the other overload.</summary>
    public Task<InferenceResponse> InferAsync(params Tensor[] inputs) => InferAsync(inputs, timeout: null);

    /// <summary>
    /// Runs one inference. If a replica is lost, the call is retried on another one; every failure is a <see cref="KreweException"/>.
    /// </summary>
    /// <param name="inputs">
    /// The inputs by name; see <see cref="TensorOf"/>. The call takes ownership: memory that they own is released when it ends.
    /// </param>
    /// <param name="timeout">The timeout; null for none.</param>
    /// <param name="outputs">The names of the requested outputs; null for all.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The outputs by name; the caller disposes the response after reading them.</returns>
    public async Task<InferenceResponse> InferAsync(
        IReadOnlyList<Tensor> inputs, TimeSpan? timeout = null, IReadOnlyList<string>? outputs = null,
        CancellationToken cancellationToken = default)
    {
        using var request = new InferenceRequest
        {
            Model = Model,
            Inputs = inputs,
            RequestedOutputs = outputs ?? [],
            Timeout = timeout ?? Timeout.InfiniteTimeSpan,
        };
        return await host.InferAsync(request, cancellationToken);
    }

    /// <summary>The model's inputs and outputs, without loading it.</summary>
    public async Task<ModelMetadata> GetMetadataAsync(CancellationToken cancellationToken = default) =>
        await host.GetMetadataAsync(Model, cancellationToken);

    /// <summary>Whether a call would be answered, as far as is known.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken = default) =>
        await host.IsReadyAsync(Model, cancellationToken);
}
