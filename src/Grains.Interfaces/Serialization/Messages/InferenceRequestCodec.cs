using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Serialization.Messages;

/// <summary>
/// The codec of requests; copies the tensors once on each side. The sender keeps ownership: a request may be written any number of times
/// and is leased meanwhile. A disposed one cannot be written, because its memory may hold another caller's data. A received request owns
/// its memory; see <see cref="ReceivedMemory.Release"/>.
/// </summary>
[RegisterSerializer]
internal sealed class InferenceRequestCodec : IFieldCodec<InferenceRequest>
{
    private const uint NameField = 1;
    private const uint VersionField = 2;
    private const uint AliasField = 3;
    private const uint IdField = 4;
    private const uint TimeoutField = 5;
    private const uint OutputField = 6;
    private const uint InputsField = 7;
    private const uint BackgroundField = 9;
    private const uint CallerField = 10;
    private const uint BesideField = 20;

    public void WriteField<TBufferWriter>(
        ref Writer<TBufferWriter> writer, uint fieldIdDelta, [AllowNull] Type expectedType, [AllowNull] InferenceRequest value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        ObjectDisposedException.ThrowIf(!value.Lease(), value);
        try
        {
            writer.WriteStartObject(fieldIdDelta, expectedType, typeof(InferenceRequest));
            Write(ref writer, value);
            writer.WriteEndObject();
        }
        finally
        {
            value.Dispose();
        }
    }

    [return: MaybeNull]
    public InferenceRequest ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<InferenceRequest, TInput>(ref reader, field);
        }

        field.EnsureWireType(WireType.TagDelimited);
        var reference = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        var inputs = default(ReceivedTensors);
        try
        {
            var request = Read(ref reader, ref inputs);
            ReferenceCodec.RecordObject(reader.Session, request, reference);
            return request;
        }
        catch
        {
            inputs.Buffer?.Dispose();
            throw;
        }
    }

    private static void Write<TBufferWriter>(ref Writer<TBufferWriter> writer, InferenceRequest request)
        where TBufferWriter : IBufferWriter<byte>
    {
        uint last = 0;
        writer.WriteText(ref last, NameField, request.Model.Name.ToString());
        if (request.Model.Version.Number is { } number)
        {
            writer.WriteNumber(ref last, VersionField, number.Number);
        }

        if (request.Model.Version.Alias is { } alias)
        {
            writer.WriteText(ref last, AliasField, alias);
        }

        if (request.Id is { } requestId)
        {
            writer.WriteText(ref last, IdField, requestId);
        }

        if (request.Timeout != Timeout.InfiniteTimeSpan)
        {
            writer.WriteTime(ref last, TimeoutField, request.Timeout);
        }

        for (var i = 0; i < request.RequestedOutputs.Count; i++)
        {
            writer.WriteText(ref last, OutputField, request.RequestedOutputs[i]);
        }

        TensorSet.Write(ref writer, ref last, InputsField, request.Inputs);
        if (request.IsBackground)
        {
            writer.WriteNumber(ref last, BackgroundField, 1);
        }

        if (request.Caller is { } caller)
        {
            writer.WriteAddress(ref last, CallerField, caller);
        }

        if (request.Beside is { } beside)
        {
            writer.WriteNumber(ref last, BesideField, beside.Number);
        }
    }

    private static InferenceRequest Read<TInput>(ref Reader<TInput> reader, ref ReceivedTensors inputs)
    {
        var (name, version, requestId, timeout) = (default(ModelName), default(VersionSelector), default(string), Timeout.InfiniteTimeSpan);
        var isBackground = false;
        var beside = default(ModelVersion?);
        var caller = default(IPAddress);
        List<string>? outputs = null;
        uint id = 0;
        while (reader.TryNextField(ref id, out var field))
        {
            switch (id)
            {
                case NameField:
                    name = ModelText.ReadName(ref reader, field);
                    break;
                case VersionField:
                    version = VersionSelector.Of(ModelText.ReadVersion(ref reader, field));
                    break;
                case AliasField:
                    version = ModelText.ReadAlias(ref reader, field);
                    break;
                case IdField:
                    requestId = reader.ReadText(field);
                    break;
                case TimeoutField:
                    timeout = reader.ReadTime(field);
                    break;
                case OutputField:
                    (outputs ??= []).Add(reader.ReadText(field));
                    break;
                case InputsField:
                    TensorSet.Read(ref reader, field, ref inputs, shareMemory: false);
                    break;
                case BackgroundField:
                    isBackground = reader.ReadNumber(field) != 0;
                    break;
                case CallerField:
                    caller = reader.ReadAddress(field);
                    break;
                case BesideField:
                    beside = ModelText.ReadVersion(ref reader, field);
                    break;
                default:
                    reader.SkipUnknown(field);
                    break;
            }
        }

        return new InferenceRequest
        {
            Model = new ModelReference(ModelText.Required(name), version),
            Id = requestId,
            Timeout = timeout,
            IsBackground = isBackground,
            Beside = beside,
            Caller = caller,
            RequestedOutputs = outputs ?? (IReadOnlyList<string>)[],
            Inputs = inputs.Tensors,
            Owner = new ReceivedMemory(inputs.Buffer, 1),
        };
    }
}

/// <summary>Within a process a request is passed by reference: it is immutable, and the sender owns its memory.</summary>
[RegisterCopier]
internal sealed class InferenceRequestCopier : IDeepCopier<InferenceRequest>, IOptionalDeepCopier
{
    [return: NotNullIfNotNull(nameof(input))]
    public InferenceRequest? DeepCopy(InferenceRequest? input, CopyContext context) => input;

    public bool IsShallowCopyable() => true;
}
