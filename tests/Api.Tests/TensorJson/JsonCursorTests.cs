using System.Text;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Api.TensorJson;

namespace Krewe.Api.Tests.TensorJson;

/// <summary>Our reader of JSON against the library's: both must think the same texts valid.</summary>
public sealed class JsonCursorTests
{
    private static readonly string[] Seeds =
    [
        """{"a":[1,-2.5e+3,{"b":null,"c":[true,false]},"x\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"],"":{}}""",
        """[[],[[]],{},"",0,-0,0.5,1E5,123456789012345678901234567890,"é漢😀"]""",
        " \t\r\n{\"k\" : [ 1 , 2 ] }\n ",
    ];

    [Fact]
    public void It_accepts_and_refuses_what_the_library_does()
    {
        var (random, valid, invalid) = (Replay.Random(), 0, 0);
        for (var i = 0; i < 60_000; i++)
        {
            List<byte> text = [.. Encoding.UTF8.GetBytes(Seeds[i % Seeds.Length])];
            for (var m = random.Next(3); m > 0; m--)
            {
                var at = random.Next(text.Count);
                switch (random.Next(4))
                {
                    case 0: text[at] = (byte)random.Next(128); break;
                    case 1: text[at] = (byte)random.Next(256); break;
                    case 2: text.RemoveAt(at); break;
                    default: text.Insert(at, text[random.Next(text.Count)]); break;
                }
            }

            byte[] bytes = [.. text];
            var expected = IsValidToLibrary(bytes);
            Assert.True(expected == IsValid(bytes), $"library says {expected}: {Encoding.UTF8.GetString(bytes)}");
            valid += expected ? 1 : 0;
            invalid += expected ? 0 : 1;
        }

        Assert.InRange(valid, 5_000, 60_000);
        Assert.InRange(invalid, 5_000, 60_000);
    }

    [Fact]
    public void Strings_are_decoded_as_the_library_decodes_them()
    {
        var json = Encoding.UTF8.GetBytes("\"a\\u0041\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83D\\uDE00é漢\"");
        var cursor = new JsonCursor(json);

        Assert.Equal(JsonSerializer.Deserialize<string>(json), Encoding.UTF8.GetString(cursor.ReadText("text")));
        Assert.Equal(json.Length, cursor.Position);
    }

    private static bool IsValid(byte[] text)
    {
        try
        {
            var cursor = new JsonCursor(text);
            cursor.Skip();
            cursor.ExpectEnd("it");
            return true;
        }
        catch (KreweException)
        {
            return false;
        }
    }

    private static bool IsValidToLibrary(byte[] text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            Touch(document.RootElement);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The library looks at surrogates and UTF-8 when a string is asked for.</summary>
    private static void Touch(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Touch(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    Touch(member.Value);
                }

                break;
        }
    }
}
