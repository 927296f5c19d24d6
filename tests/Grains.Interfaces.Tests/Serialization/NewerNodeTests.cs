using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Krewe.Grains.Interfaces.Tests.Serialization;

public sealed class NewerNodeTests
{
    /// <summary>How many objects end together at the end of the message: the message, its tensors, the last of them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Fields_that_a_newer_node_adds_to_a_request_are_skipped(int ends)
    {
        var bytes = Wire.Serializer.SerializeToArray(Tensors.Request(Tensors.Floats("x", 1, 2)));

        using var received = Wire.Serializer.Deserialize<InferenceRequest>(Insert(bytes, ends))!;

        Assert.Equal("digits/3", received.Model.ToString());
        Tensors.AssertEqual([Tensors.Floats("x", 1, 2)], received.Inputs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Fields_that_a_newer_node_adds_to_a_reply_are_skipped(int ends)
    {
        var bytes = Wire.Serializer.SerializeToArray(Tensors.Reply(Tensors.Floats("y", 1, 2)));

        var received = Wire.Serializer.Deserialize<ReplicaReply>(Insert(bytes, ends))!;

        Assert.Equal("digits/3", received.Response!.Model.ToString());
        Tensors.AssertEqual([Tensors.Floats("y", 1, 2)], received.Response.Outputs);
        received.Response.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Fields_that_a_newer_node_adds_to_a_fault_are_skipped(int ends)
    {
        var fault = new ReplicaFault(KreweErrorCode.Overloaded, "full", TimeSpan.FromSeconds(1), true);
        var bytes = Wire.Serializer.SerializeToArray(new ReplicaReply { Silo = "s", Replicas = 1, Fault = fault });

        Assert.Equal(fault, Wire.Serializer.Deserialize<ReplicaReply>(Insert(bytes, ends))!.Fault);
    }

    [Fact]
    public void What_follows_skipped_fields_still_finds_what_it_refers_to()
    {
        using var writing = Wire.Sessions.GetSession();
        var writer = Writer.CreatePooled(writing);
        ReferenceCodec.TryWriteReferenceField(ref writer, 0, typeof(InferenceRequest), new object());
        writer.WriteStartObject(0, typeof(InferenceRequest), typeof(InferenceRequest));
        uint last = 0;
        writer.WriteText(ref last, 1, "digits");
        WriteUnknown(ref writer, ref last);
        writer.WriteEndObject();
        var text = new string('b', 4);
        StringCodec.WriteField(ref writer, 0, text);
        StringCodec.WriteField(ref writer, 1, text);
        writer.Commit();
        var bytes = writer.Output.ToArray();
        writer.Dispose();

        using var reading = Wire.Sessions.GetSession();
        var reader = Reader.Create(bytes, reading);
        using var request = new InferenceRequestCodec().ReadValue(ref reader, reader.ReadFieldHeader())!;
        var one = StringCodec.ReadValue(ref reader, reader.ReadFieldHeader());
        var two = StringCodec.ReadValue(ref reader, reader.ReadFieldHeader());

        Assert.Equal("digits", request.Model.ToString());
        Assert.Equal("bbbb", one);
        Assert.Same(one, two);
    }

    private static byte[] Insert(byte[] bytes, int ends)
    {
        using var session = Wire.Sessions.GetSession();
        var writer = Writer.CreatePooled(session);
        uint last = 0;
        WriteUnknown(ref writer, ref last);
        writer.Commit();
        byte[] longer = [.. bytes.AsSpan(0, bytes.Length - ends), .. writer.Output.ToArray(), .. bytes.AsSpan(bytes.Length - ends)];
        writer.Dispose();
        return longer;
    }

    private static void WriteUnknown<TBufferWriter>(ref Writer<TBufferWriter> writer, ref uint last)
        where TBufferWriter : System.Buffers.IBufferWriter<byte>
    {
        writer.WriteNumber(ref last, last + 40, long.MaxValue);
        writer.WriteText(ref last, last + 1, "new");
        writer.WriteTime(ref last, last + 1, TimeSpan.MaxValue);
        writer.WriteHeader(ref last, last + 1, WireType.Fixed32);
        writer.WriteInt32(5);
        writer.WriteHeader(ref last, last + 7, WireType.TagDelimited);
        uint inner = 0;
        writer.WriteNumber(ref inner, 3, 1);
        writer.WriteHeader(ref inner, 4, WireType.TagDelimited);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
