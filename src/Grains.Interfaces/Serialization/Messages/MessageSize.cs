using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// An upper bound of a message's encoded size, to compare with Orleans' limit before sending: exceeding that limit closes the connection
/// with all calls on it.
/// </summary>
public static class MessageSize
{
    /// <summary>Everything around our own fields: the call's type, its other arguments, the ends of objects.</summary>
    private const int Envelope = 1024;
    private const int TensorOverhead = 64;
    private const int TextOverhead = 8;

    /// <summary>The maximum body size of a message with this request, in bytes.</summary>
    public static long Of(InferenceRequest request)
    {
        var size = Envelope + Of(request.Model.Name.Value) + Of(request.Model.Version.Alias) + Of(request.Id) + Of(request.Inputs);
        for (var i = 0; i < request.RequestedOutputs.Count; i++)
        {
            size += Of(request.RequestedOutputs[i]);
        }

        return size;
    }

    /// <summary>The maximum body size of a message with this response, in bytes.</summary>
    public static long Of(InferenceResponse response) =>
        Envelope + Of(response.Model.Name.Value) + Of(response.Id) + Of(response.Outputs);

    private static long Of(IReadOnlyList<Tensor> tensors)
    {
        var size = TensorLayout.LengthOf(tensors);
        for (var i = 0; i < tensors.Count; i++)
        {
            size += TensorOverhead + Of(tensors[i].Name) + (sizeof(long) * (long)tensors[i].Shape.Length);
        }

        return size;
    }

    /// <summary>UTF-8 takes at most three bytes for a UTF-16 unit.</summary>
    private static long Of(string? text) => TextOverhead + (3L * (text?.Length ?? 0));
}
