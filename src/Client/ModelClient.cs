using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Client;

/// <summary>One model, or one version of it, of a cluster.</summary>
public sealed class ModelClient
{
    private readonly IModelHost host;

    internal ModelClient(IModelHost host, ModelReference model) => (this.host, Model) = (host, model);

    /// <summary>What is called.</summary>
    public ModelReference Model { get; }

    /// <summary>Runs one inference with all outputs and no time limit; see the other overload.</summary>
    public Task<InferenceResponse> InferAsync(params Tensor[] inputs) => InferAsync(inputs, timeout: null);

    /// <summary>
    /// Runs one inference. A replica that is lost on the way is replaced by another; every failure is a <see cref="KreweException"/>.
    /// </summary>
    /// <param name="inputs">
    /// The inputs by name; see <see cref="TensorOf"/>. They are given away: their memory, where they own any, goes back when the call is
    /// over.
    /// </param>
    /// <param name="timeout">How long to wait; null for as long as it takes.</param>
    /// <param name="outputs">The names of the outputs wanted; null for all.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>The outputs by name, to be disposed by the caller once they are read.</returns>
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
