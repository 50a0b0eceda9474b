#!/usr/bin/env python3
"""Text in the manner of tool calls, device lines and requests, so that the tokenizer's vocabulary gets their pieces.

usage: seed.py src/assist/tools.h OUT_calls.txt OUT_words.txt
"""
import random, re, sys

tools = sorted(set(re.findall(r"\b(Hass[A-Za-z]+|Hearth[A-Z][A-Za-z]+)\b", open(sys.argv[1], encoding="utf-8").read())))
slots="name area floor domain device_class brightness color temperature direction amount mode state feature humidity percentage position volume_level volume_step search_query media_class source value option hours minutes seconds conversation_command start_hours start_minutes start_seconds time label command item message about reason".split()
doms="light switch fan cover climate media_player lock vacuum lawn_mower valve humidifier scene script button number select todo sensor binary_sensor weather person device_tracker alarm_control_panel camera update water_heater".split()
vals="up down on off open closed locked unlocked playing paused idle docked cleaning home not_home low medium high auto cool heat heat_cool dry fan_only sleep eco boost curtain blind shade shutter garage window door gate awning temperature humidity battery motion occupancy power energy smoke moisture illuminance no_device no_area unsupported unclear beyond device area value action red orange yellow green cyan blue purple pink white magenta artist album track playlist podcast movie tv_show radio genre shopping_list".split()
random.seed(1)
out=open(sys.argv[2],'w')
for _ in range(20000):
    t=random.choice(tools); n=random.randint(1,3)
    args=", ".join('"%s": %s'%(s, random.choice(['"%s"'%random.choice(vals+doms),str(random.randint(0,100))])) for s in random.sample(slots,n))
    out.write('<tool_call>{"name": "%s", "arguments": {%s}}</tool_call>\n'%(t,args))
    out.write('system\nnow %s %02d:%02d\nhere x\nfloors x, y\nareas x @ y, z\nthing = %s, x, %s %d%%\nuser\nassistant\ntimers x, lists y\n'%(random.choice("Mon Tue Wed Thu Fri Sat Sun".split()),random.randint(0,23),random.randint(0,59),random.choice(doms)+random.choice([""," "+random.choice(vals)]),random.choice(vals),random.randint(0,100)))

rooms="kitchen living room bedroom bathroom hallway office garage garden balcony attic basement nursery study den dining laundry closet porch patio pantry hall lounge guest master kids family studio entrance upstairs downstairs outside landing shed workshop driveway terrace front back yard playroom gym toilet cellar loft conservatory utility".split()
things="light lights lamp lamps ceiling bulb chandelier spotlight strip floor desk table bedside reading fan fans heater thermostat air conditioner AC curtain curtains blind blinds shade shades shutter shutters awning door doors window windows gate lock locks vacuum robot cleaner mower lawn valve water humidifier dehumidifier purifier TV television speaker speakers soundbar receiver projector switch plug outlet socket coffee machine maker kettle oven washer washing dryer dishwasher fridge sensor motion temperature humidity battery smoke leak camera doorbell alarm phone watch band car charger scene script button timer list shopping".split()
verbs="turn on off switch dim brighten open close set put make start stop pause resume play skip next previous mute unmute lock unlock raise lower increase decrease increase cancel add remove tell show what is are how many which which please could can you would the in to of and percent degrees minutes hours seconds half volume brightness colour color warm cool red blue green louder quieter brighter dimmer warmer cooler colder up down all every everything except here room house whole it that".split()
random.seed(2)
out=open(sys.argv[3],'w')
for _ in range(60000):
    r,t,t2=random.choice(rooms),random.choice(things),random.choice(things)
    v=" ".join(random.sample(verbs,3))
    out.write(random.choice(["%s the %s %s in the %s\n"%(v,t,t2,r),"%s %s = light, %s, on\n"%(r.title(),t.title(),r.title()),"%s\n"%v,"%s %s %s\n"%(v.capitalize(),r,t), '"area": "%s", "name": "%s %s"\n'%(r.title(),r.title(),t.title())]))
