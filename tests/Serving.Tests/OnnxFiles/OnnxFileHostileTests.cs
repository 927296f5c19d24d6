using System.Diagnostics;
using FsCheck.Fluent;
using Krewe.Onnx.Tiny;
using Krewe.Processes;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.OnnxFiles;

[Trait("category", "slow")]
public sealed class OnnxFileHostileTests : IDisposable
{
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_cut_is_noticed()
    {
        var whole = TinyModels.Mlp(4, 3, 2).ToBytes();
        for (var length = 0; length < whole.Length; length++)
        {
            var path = folder.Write("cut.onnx", whole.AsSpan(0, length));
            Assert.Throws<OnnxFileException>(() => OnnxFile.Read(path));
        }
    }

    [Fact]
    public void A_file_whose_second_half_is_still_zeros_is_detected()
    {
        var bytes = TinyModels.Linear().ToBytes();
        bytes.AsSpan(bytes.Length - 8).Clear();

        Assert.Throws<OnnxFileException>(() => Read(bytes));
    }

    [Fact]
    public void Changed_bytes_give_either_a_result_or_an_error()
    {
        var models = new[] { TinyModels.Linear().ToBytes(), TinyModels.Slow(3, 8).ToBytes(), TinyModels.ExternalAt("w.bin").ToBytes() };
        var changes = Gen.Choose(0, int.MaxValue - 1).Zip(Gen.Choose(0, 255)).ListOf();
        var cases = Gen.Elements(models).Zip(changes);

        Prop.ForAll(cases.ToArbitrary(), pair => IsHandled(Change(pair.Item1, pair.Item2)))
            .Hold(2000);
    }

    [Fact]
    public void Random_bytes_give_an_error() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), IsHandled).Hold(2000);

    [Fact]
    public void Endless_nesting_ends_with_an_error()
    {
        // Graphs in attributes of nodes in graphs: what a recursive reader without a limit dies of.
        byte[] inner = [];
        for (var i = 0; i < 20_000; i++)
        {
            inner = Wire.Message(1, Wire.Bytes(5, Wire.Bytes(6, inner)));
        }

        Assert.Contains("nested", Assert.Throws<OnnxFileException>(() => Read(Wire.Model([inner]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_without_end_end_with_an_error()
    {
        var error = Assert.Throws<OnnxFileException>(() => Read(Wire.Model([Wire.Message(11, Wire.Text(1, new string('x', 5000)))])));
        Assert.Contains("5000 bytes long", error.Message, StringComparison.Ordinal);

        // A thousand times the same node of a kilobyte is honest; hundred thousand different names of it are not.
        var names = Enumerable.Range(0, 40_000).Select(i => Wire.Message(5, Wire.Text(8, new string('x', 1000) + i)));
        error = Assert.Throws<OnnxFileException>(() => Read(Wire.Model(names)));
        Assert.Contains("64 MiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shapes_without_end_end_with_an_error()
    {
        var shape = Wire.Message(2, Enumerable.Repeat(Wire.Message(1), 1000));
        var input = Wire.Message(11, Wire.Text(1, "x"), Wire.Message(2, Wire.Message(1, Wire.Number(1, 1), shape)));

        Assert.Contains("dimensions", Assert.Throws<OnnxFileException>(() => Read(Wire.Model([input]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Millions_of_tiny_parts_take_moments()
    {
        var fields = new byte[32 << 20];
        for (var i = 0; i < fields.Length; i += 2)
        {
            fields[i] = 8;
        }

        var path = folder.Write("many.onnx", Wire.Model([], Wire.Bytes(25, fields)));
        var started = Stopwatch.GetTimestamp();
        OnnxFile.Read(path);
        var took = Stopwatch.GetElapsedTime(started);

        TestContext.Current.SendDiagnosticMessage($"16 million fields in {took.TotalMilliseconds:F0} ms");
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    public static TheoryData<string, byte[], string> Broken() => new()
    {
        { "empty", [], "empty" },
        { "no graph", Wire.Message(8, Wire.Number(2, 17)), "no graph" },
        { "no operator set", Wire.Message(7), "no operator set" },
        { "groups", [.. Wire.Model([]), 0x0B, 0x0C], "is not a valid field" },
        { "field 0", [.. Wire.Model([]), 0x00, 0x00], "is not a valid field" },
        { "number too long", [.. Wire.Model([]), 0x08, .. Enumerable.Repeat((byte)0xFF, 11)], "is not terminated" },
        { "tag too large", [.. Wire.Model([]), 0x88, 0x80, 0x80, 0x80, 0x10, 0x00], "is not a valid field" },
        { "part passes its holder", Wire.Model([[0x2A, 0x05, 0x00]]), "extends past" },
        { "length of 2^63", [.. Wire.Model([]), 0x32, .. Wire.Varint(1UL << 63)], "truncated" },
        { "name is no UTF-8", Wire.Model([Wire.Message(11, Wire.Bytes(1, [0xC3, 0x28]))]), "UTF-8" },
        { "input without name", Wire.Model([Wire.Message(11)]), "no name" },
        { "external without location", Wire.Model([Wire.Message(5, Wire.Number(14, 1))]), "no location" },
        { "external offset", Wire.Model([Wire.Message(5, Wire.Message(13, Wire.Text(1, "offset"), Wire.Text(2, "-1")))]), "offset" },
        { "random", TinyModels.Corrupt(), "" },
        { "truncated", TinyModels.Truncated(), "truncated" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_file_is_reported_with_the_reason(string what, byte[] bytes, string expected) =>
        Assert.True(Assert.Throws<OnnxFileException>(() => Read(bytes)).Message.Contains(expected, StringComparison.Ordinal), what);

    [Fact]
    public async Task What_is_no_file_is_refused()
    {
        Assert.Contains("does not exist", Fault(folder["none.onnx"]), StringComparison.Ordinal);
        Assert.Contains("does not exist", Fault(folder["none/none.onnx"]), StringComparison.Ordinal);
        Assert.Contains("not a regular file", Fault(folder.Path), StringComparison.Ordinal);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes and devices are told apart on Linux only.");
        Assert.Contains("not a regular file", Fault("/dev/zero"), StringComparison.Ordinal);
        await ProgramProcess.RunAsync("mkfifo", folder["pipe.onnx"]);
        Assert.Contains("not a regular file", Fault(folder["pipe.onnx"]), StringComparison.Ordinal);

        static string Fault(string path) => Assert.Throws<OnnxFileException>(() => OnnxFile.Read(path)).Message;
    }

    [Fact]
    public void A_file_too_large_for_protobuf_is_refused_with_the_way_out()
    {
        var path = folder["huge.onnx"];
        using (var file = File.Create(path))
        {
            file.SetLength(3L << 30);
        }

        Assert.Contains("external files", Assert.Throws<OnnxFileException>(() => OnnxFile.Read(path)).Message, StringComparison.Ordinal);
    }

    private static byte[] Change(byte[] model, IEnumerable<(int At, int Value)> changes)
    {
        var bytes = model.ToArray();
        foreach (var (at, value) in changes)
        {
            bytes[at % bytes.Length] = (byte)value;
        }

        return bytes;
    }

    private bool IsHandled(byte[] bytes)
    {
        try
        {
            Read(bytes);
        }
        catch (OnnxFileException)
        {
            // The one exception it may throw.
        }

        return true;
    }

    private OnnxFileSummary Read(byte[] bytes) => OnnxFile.Read(folder.Write("model.onnx", bytes));
}
