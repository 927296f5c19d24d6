using System.Buffers;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>The wire form of an <see cref="InferenceResponse"/> within a reply.</summary>
internal static class ResponseFields
{
    private const uint NameField = 1;
    private const uint VersionField = 2;
    private const uint IdField = 3;
    private const uint OutputsField = 4;

    public static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, ref uint last, uint id, InferenceResponse response)
        where TBufferWriter : IBufferWriter<byte>
    {
        writer.WriteHeader(ref last, id, WireType.TagDelimited);
        uint inner = 0;
        writer.WriteText(ref inner, NameField, response.Model.Name.ToString());
        writer.WriteNumber(ref inner, VersionField, response.Model.Version.Number);
        if (response.Id is { } requestId)
        {
            writer.WriteText(ref inner, IdField, requestId);
        }

        TensorSet.Write(ref writer, ref inner, OutputsField, response.Outputs);
        writer.WriteEndObject();
    }

    public static InferenceResponse Read<TInput>(ref Reader<TInput> reader, Field field, ref ReceivedTensors outputs)
    {
        reader.BeginObject(field);
        var (name, version, requestId) = (default(ModelName), default(ModelVersion), default(string));
        uint id = 0;
        while (reader.TryNextField(ref id, out var inner))
        {
            switch (id)
            {
                case NameField:
                    name = ModelText.ReadName(ref reader, inner);
                    break;
                case VersionField:
                    version = ModelText.ReadVersion(ref reader, inner);
                    break;
                case IdField:
                    requestId = reader.ReadText(inner);
                    break;
                case OutputsField:
                    TensorSet.Read(ref reader, inner, ref outputs, shareMemory: true);
                    break;
                default:
                    reader.SkipUnknown(inner);
                    break;
            }
        }

        return new InferenceResponse { Model = new ModelId(ModelText.Required(name), version), Id = requestId, Outputs = outputs.Tensors };
    }
}
