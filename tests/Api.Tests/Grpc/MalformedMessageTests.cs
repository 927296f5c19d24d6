using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Grpc.Messages;
using Krewe.Api.Settings;
using Krewe.Api.Tests.Fakes;
using Proto = Inference;

namespace Krewe.Api.Tests.Grpc;

/// <summary>What is wrong with a message or a frame is an error of the caller, and told.</summary>
public sealed class MalformedMessageTests
{
    private static readonly ApiLimits Limits = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly (string Expected, Action<Proto.ModelInferRequest> Spoil)[] Spoilers =
    [
        ("an item of inputs has no name", static request => request.Inputs[0].Name = ""),
        ("input 'x' has no datatype", static request => request.Inputs[0].Datatype = ""),
        ("input 'x' has unknown datatype 'fp32'", static request => request.Inputs[0].Datatype = "fp32"),
        ("input 'x' has shape [-2]", static request => request.Inputs[0].Shape[0] = -2),
        ("at most 16777216 elements", static request => request.Inputs[0].Shape[0] = 1 << 30),
        ("more than 16 dimensions", static request => request.Inputs[0].Shape.AddRange(Enumerable.Repeat(1L, 16))),
        ("input 'x' FP32 has fewer elements than its shape: expected 3 in fp32_contents", static request => request.Inputs[0].Shape[0] = 3),
        ("input 'x' FP32 has more elements than its shape: expected 1", static request => request.Inputs[0].Shape[0] = 1),
        ("input 'x' INT32 has fp32_contents: expected int_contents", static request => request.Inputs[0].Datatype = "INT32"),
        ("input 'x' FP16 has fp32_contents: expected raw contents, its only form", static request => request.Inputs[0].Datatype = "FP16"),
        ("input 'x' FP32 has int_contents: expected fp32_contents", static request => request.Inputs[0].Contents.IntContents.Add(1)),
        ("input 'x' appears twice", static request => request.Inputs.Add(request.Inputs[0].Clone())),
        ("input 'x' has contents, and the request has raw_input_contents", static request => request.RawInputContents.Add(ByteString.Empty)),
        ("raw_input_contents has more items", static request => AddRaw(request, 8, 8)),
        ("input 'y' has no item in raw_input_contents", static request => { request.Inputs.Add(Named("y")); AddRaw(request, 8); }),
        ("needs 8 bytes of data, got 7", static request => AddRaw(request, 7)),
        ("is asked for twice", static request => request.Outputs.AddRange([new() { Name = "o" }, new() { Name = "o" }])),
        ("an item of outputs has no name", static request => request.Outputs.Add(new Proto.ModelInferRequest.Types.InferRequestedOutputTensor())),
        ("has parameter 'classification'", static request => request.Outputs.Add(new Proto.ModelInferRequest.Types.InferRequestedOutputTensor { Name = "o", Parameters = { ["classification"] = new() { Int64Param = 2 } } })),
        ("has parameter 'shared_memory_region'", static request => request.Inputs[0].Parameters["shared_memory_region"] = new() { StringParam = "a" }),
        ("parameter 'timeout'", static request => request.Parameters["timeout"] = new() { Int64Param = -1 }),
        ("parameter 'timeout'", static request => request.Parameters["timeout"] = new() { StringParam = "1" }),
        ("parameter 'route_key'", static request => request.Parameters["route_key"] = new() { BoolParam = true }),
        ("id has 2000 bytes", static request => request.Id = new string('i', 2000)),
        ("more than 256 items", static request => request.Outputs.AddRange(Enumerable.Range(0, 257).Select(static n => new Proto.ModelInferRequest.Types.InferRequestedOutputTensor { Name = $"{n}" }))),
    ];

    public static TheoryData<int, string> Faults => [.. Spoilers.Select(static (fault, index) => new TheoryDataRow<int, string>(index, fault.Expected))];

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_is_wrong_is_told(int index, string expected)
    {
        var request = ProtoTensors.Floats(1, 2);
        Assert.Null(Read(request.ToByteArray()).Fault);
        Spoilers[index].Spoil(request);
        var fault = Assert.IsType<KreweException>(Read(request.ToByteArray()).Fault);
        Assert.Equal(KreweErrorCode.InvalidInput, fault.Code);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT8", 127, 128)]
    [InlineData("INT8", -128, -129)]
    [InlineData("INT16", -32768, 32768)]
    [InlineData("UINT8", 255, 256)]
    [InlineData("UINT16", 65535, 65536)]
    public void A_number_that_does_not_fit_is_refused(string type, int right, int wrong)
    {
        var request = ProtoTensors.Floats(1);
        var contents = new Proto.InferTensorContents();
        (request.Inputs[0].Datatype, request.Inputs[0].Contents) = (type, contents);
        Set(right);
        Assert.Null(Read(request.ToByteArray()).Fault);
        Set(wrong);
        Assert.Contains($"has the value {wrong}, which it cannot hold", Read(request.ToByteArray()).Fault!.Message, StringComparison.Ordinal);

        void Set(int value)
        {
            contents.IntContents.Clear();
            contents.UintContents.Clear();
            if (type[0] == 'U')
            {
                contents.UintContents.Add((uint)value);
            }
            else
            {
                contents.IntContents.Add(value);
            }
        }
    }

    [Fact]
    public void Fields_may_come_in_any_order_and_in_several_parts()
    {
        // raw_input_contents before inputs; contents before the shape, and elements one by one.
        var raw = new Proto.ModelInferRequest { ModelName = "m", RawInputContents = { ByteString.CopyFrom(1, 0, 2, 0) } };
        var typed = Named("x");
        (typed.Datatype, typed.Contents) = ("INT16", null);
        using var request = Read([.. raw.ToByteArray(), .. new Proto.ModelInferRequest { Inputs = { typed } }.ToByteArray()]).ToRequest(Limits, null, null);
        Assert.Equal([1, 0, 2, 0], request.Inputs[0].Data.ToArray());

        byte[] contents = [0x2A, 4, 0x10, 1, 0x10, 2];
        byte[] input = [.. contents, .. typed.ToByteArray()];
        using var other = Read([0x2A, (byte)input.Length, .. input]).Draft;
        Assert.Equal([1, 0, 2, 0], other.Inputs[0].Data.ToArray());
    }

    [Fact]
    public void Mutated_messages_are_read_or_refused()
    {
        var (random, read, refused) = (Replay.Random(), 0, 0);
        byte[][] seeds = Seeds();
        for (var i = 0; i < 30_000; i++)
        {
            var bytes = seeds[random.Next(seeds.Length)].ToList();
            for (var mutations = random.Next(4); mutations > 0; mutations--)
            {
                Mutate(random, bytes);
            }

            var message = Read(Split(random, [.. bytes]));
            using var draft = message.Draft;
            if (message.Fault is null)
            {
                Assert.All(draft.Inputs, static input => Assert.True(
                    TensorShape.TryCountElements(input.Shape.AsSpan(), out var count) && count == input.ElementCount));
                read++;
            }
            else
            {
                Assert.InRange(Assert.IsType<KreweException>(message.Fault).Message.Length, 10, 1000);
                refused++;
            }
        }

        Assert.InRange(read, 3000, 27_000);
        Assert.InRange(refused, 3000, 27_000);
    }

    [Fact]
    public Task Malformed_frames_and_messages_are_never_an_internal_error() => SendMalformedAsync(10_000);

    [Fact]
    [Trait("category", "long")]
    public Task A_hundred_thousand_malformed_frames_and_messages_are_never_an_internal_error() => SendMalformedAsync(100_000);

    private static async Task SendMalformedAsync(int count)
    {
        await using var server = await ApiServer.StartAsync(new FakeModelHost().Add("m", new TensorSpec("x", TensorType.Float32, [-1])));
        using var client = new HttpClient
        {
            BaseAddress = server.Address,
        };
        var seed = Replay.Seed();
        string[] methods =
            ["ModelInfer", "ModelInfer", "ModelInfer", "ModelStreamInfer", "ServerMetadata", "ModelMetadata", "ModelConfig", "ModelStatistics", "RepositoryIndex",
                "RepositoryModelLoad", "RepositoryModelUnload", "Nothing"];
        var statuses = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Token }, async (i, token) =>
        {
            var random = new Random(seed + i);
            var bytes = Seeds()[random.Next(Seeds().Length)].ToList();
            for (var mutations = random.Next(4); mutations > 0; mutations--)
            {
                Mutate(random, bytes);
            }

            using var request = new HttpRequestMessage(HttpMethod.Post, random.Next(20) == 0
                ? "/grpc.health.v1.Health/Check" : $"/{GrpcCaller.Service}/{methods[random.Next(methods.Length)]}");
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            request.Content = new ByteArrayContent(Frame(random, [.. bytes]));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
            request.Headers.Add("te", "trailers");
            if (random.Next(3) == 0)
            {
                request.Headers.Add("grpc-encoding", random.Next(4) switch { 0 => "gzip", 1 => "deflate", 2 => "identity", _ => "zstd" });
            }

            using var answer = await client.SendAsync(request, token);
            await answer.Content.ReadAsByteArrayAsync(token);
            var status = (answer.TrailingHeaders.TryGetValues("grpc-status", out var trailing) ? trailing : answer.Headers.GetValues("grpc-status")).Single();
            statuses.AddOrUpdate(status, 1, static (_, count) => count + 1);
        });
        var counts = string.Join(", ", statuses.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Key}: {pair.Value}"));
        TestContext.Current.TestOutputHelper?.WriteLine(counts);

        // OK, INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED, UNIMPLEMENTED; all but the last few really happen.
        Assert.True(statuses.Keys.All(static status => status is "0" or "3" or "5" or "8" or "12"), counts);
        Assert.True(statuses["0"] > count / 20 && statuses["3"] > count * 3 / 10, counts);
        Assert.DoesNotContain(server.Log.GetSnapshot(), static record => record.Category!.StartsWith("Krewe", StringComparison.Ordinal) && record.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    private static byte[][] Seeds()
    {
        var rich = ProtoTensors.RequestOf(
            isRaw: false, TensorOf.Values("x", [2, 3], 1f, 2, 3, 4, 5, 6), TensorOf.Strings("s", [2], "a", "é"), TensorOf.Values<long>("n", [3], -1, 0, 1));
        rich.Id = "7";
        rich.Parameters["timeout"] = new() { Int64Param = 5_000_000 };
        return
        [
            ProtoTensors.Floats(1, 2).ToByteArray(), rich.ToByteArray(),
            ProtoTensors.RequestOf(isRaw: true, TensorOf.Values("x", [2], 1f, 2), TensorOf.Strings("s", [1], "ab")).ToByteArray(),
        ];
    }

    private static byte[] Frame(Random random, byte[] message)
    {
        var length = random.Next(8) switch { 0 => random.Next(), 1 => Math.Max(0, message.Length + random.Next(-3, 4)), 2 => -random.Next(1, 1000), _ => message.Length };
        byte[] frame = [(byte)(random.Next(5) == 0 ? random.Next(4) : 0), (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length, .. message];
        return random.Next(20) switch { 0 => frame[..random.Next(frame.Length)], 1 => [.. frame, .. frame], _ => frame };
    }

    private static void Mutate(Random random, List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            return;
        }

        var at = random.Next(bytes.Count);
        switch (random.Next(5))
        {
            case 0: bytes[at] = (byte)random.Next(256); break;
            case 1: bytes.RemoveRange(at, Math.Min(random.Next(1, 6), bytes.Count - at)); break;
            case 2: bytes.InsertRange(at, Enumerable.Repeat((byte)0xFF, random.Next(1, 12))); break;
            case 3: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at))); break;
            default: bytes[at] ^= (byte)(1 << random.Next(8)); break;
        }
    }

    /// <summary>The bytes in pieces, as they come from a connection.</summary>
    private static ReadOnlySequence<byte> Split(Random random, byte[] bytes)
    {
        if (bytes.Length < 2 || random.Next(2) == 0)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        var first = new Piece(bytes.AsMemory(0, 1), 0);
        var last = first;
        for (var at = 1; at < bytes.Length;)
        {
            var length = Math.Min(random.Next(1, 9), bytes.Length - at);
            last = last.Append(bytes.AsMemory(at, length));
            at += length;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static InferMessage Read(byte[] bytes) => Read(new ReadOnlySequence<byte>(bytes));

    private static InferMessage Read(ReadOnlySequence<byte> bytes) => InferMessageReader.Read(bytes, Limits);

    private static Proto.ModelInferRequest.Types.InferInputTensor Named(string name) => new() { Name = name, Datatype = "FP32", Shape = { 2 } };

    private static void AddRaw(Proto.ModelInferRequest request, params int[] lengths)
    {
        request.Inputs[0].Contents = null;
        request.RawInputContents.AddRange(lengths.Select(static length => ByteString.CopyFrom(new byte[length])));
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
