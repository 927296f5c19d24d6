using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Tensors;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// How long a message can get on the wire, for comparing with Orleans' limit before it is sent: passing that limit closes the
/// connection with everything that is under way on it.
/// </summary>
public static class MessageSize
{
    /// <summary>What comes around our own fields: the call's type, its other arguments, the ends of objects.</summary>
    private const int Envelope = 1024;
    private const int TensorOverhead = 64;
    private const int TextOverhead = 8;

    /// <summary>The most bytes the body of a message with this request has.</summary>
    public static long Of(InferenceRequest request)
    {
        var size = Envelope + Of(request.Model.Name.Value) + Of(request.Model.Version.Alias) + Of(request.Id) + Of(request.Inputs);
        for (var i = 0; i < request.RequestedOutputs.Count; i++)
        {
            size += Of(request.RequestedOutputs[i]);
        }

        return size;
    }

    /// <summary>The most bytes the body of a message with this response has.</summary>
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
